package contentversion_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
)

func TestMain(m *testing.M) { blogtest.Main(m) }

// version returns the version of the content of the only tenant. 0: it has none.
func version(p *blogtest.Platform) (version int64) {
	p.T.Helper()
	if err := p.Operator.QueryRow(p.T.Context(), `SELECT coalesce(max(version), 0) FROM public.content_versions`).Scan(&version); err != nil {
		p.T.Fatal(err)
	}
	return version
}

// Wherever the connection is lost, a post is never stored without a new version, and a save that is acknowledged is stored: also when
// the notification is what is lost.
func TestSaveWhenTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Create(blogtest.Spec("alice"))
	proxy, through := faultproxy.NewPostgres(t, p.Database.BlogURI)
	pool, store := p.Connect(through), post.NewStore("alice")
	acknowledged := 0
	for n := 0; ; n++ {
		if n > 200 {
			t.Fatal("no save succeeds")
		}
		before, slug := version(p), "post-"+time.Now().Format("150405.000000000")[7:]
		proxy.CutBeforeMessage(n)
		_, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Title", Slug: slug, Content: "Text"}, Overwrite: true, Now: time.Now()})
		cut := proxy.Restore()
		_, findErr := store.Find(t.Context(), p.Writer, slug)
		stored := findErr == nil
		if !stored && !errors.Is(findErr, post.ErrNotFound) {
			t.Fatal(findErr)
		}
		if changed := version(p) != before; changed != stored || err == nil && !stored {
			t.Errorf("after message %d: the save returns %v, the post is stored: %t, the version is new: %t", n, err, stored, changed)
		}
		switch {
		case err == nil && cut:
			acknowledged++
		case err == nil:
			if acknowledged == 0 {
				t.Error("no notification was lost")
			}
			return
		}
	}
}

// A transaction that fails leaves the version as it was. Versions end with their tenant, and tenants that are not live have none.
func TestVersions(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Create(blogtest.Spec("alice"))
	change := func(schema string, result error) error {
		return contentversion.Change(t.Context(), p.Writer, schema, func(pgx.Tx) error { return result })
	}
	for _, step := range []struct {
		schema string
		err    error
		want   int64
	}{{"alice", nil, 1}, {"alice", nil, 2}, {"alice", post.ErrNotFound, 2}, {"alice", nil, 3}, {"nobody", nil, 3}} {
		if err := change(step.schema, step.err); !errors.Is(err, step.err) {
			t.Errorf("the change returns %v, want %v", err, step.err)
		}
		if got := version(p); got != step.want {
			t.Errorf("version %d, want %d", got, step.want)
		}
	}
	p.Exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
	if got := version(p); got != 0 {
		t.Errorf("version %d of a tenant that was removed", got)
	}
}
