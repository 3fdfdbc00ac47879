package blog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// queries returns how often requests of readers have used a connection.
func queries(p *blogtest.Platform) float64 {
	p.T.Helper()
	return p.Metrics()[`echoblogs_database_pool_acquisitions_total{pool="reader"}`]
}

// Pages are read once, with one connection each, and again after a change.
func TestPagesComeFromMemory(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	p.Create(blogtest.Owned("bob"))
	p.Save("bob", post.Document{Title: "Title", Content: "Words of bob"})
	for i := range 3 {
		p.Save("alice", post.Document{Title: "Title", Content: fmt.Sprintf("Words of alice %d", i)})
		paths := []string{"/", "/title/", "/feed.xml", "/robots.txt"}
		before := queries(p)
		var etags []string
		for _, path := range paths {
			etags = append(etags, p.Get("alice.example.com", path).Header.Get("Etag"))
		}
		if used := queries(p) - before; used != float64(len(paths)) {
			t.Errorf("%d pages took %v connections", len(paths), used)
		}
		before = queries(p)
		for j, path := range paths {
			// What other sites add to links leads to the same page.
			for _, query := range []string{"", "?fbclid=1", "?utm_source=x&y=" + fmt.Sprint(i)} {
				p.Get("alice.example.com", path+query).Want(t, http.StatusOK, "alice")
			}
			again := p.Do(http.MethodGet, "alice.example.com", path, http.Header{"If-None-Match": {etags[j]}})
			if again.Want(t, http.StatusNotModified, "alice"); again.Body != "" || again.Header.Get("Etag") != etags[j] {
				t.Errorf("%s: %+v", path, again)
			}
			head := p.Do(http.MethodHead, "alice.example.com", path, nil)
			if head.Want(t, http.StatusOK, "alice"); head.Body != "" || head.Header.Get("Content-Length") == "0" || head.Header.Get("Etag") != etags[j] {
				t.Errorf("%s: %+v", path, head)
			}
			if shared := head.Header.Get("Cdn-Cache-Control"); shared != "max-age=2, stale-while-revalidate=30" {
				t.Errorf("%s: CDN-Cache-Control %q", path, shared)
			}
		}
		if used := queries(p) - before; used != 0 {
			t.Errorf("pages in memory took %v connections", used)
		}
		p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", fmt.Sprintf("Words of alice %d", i))
		p.Get("bob.example.com", "/title/").Want(t, http.StatusOK, "bob", "Words of bob")
	}
	metrics := p.Metrics()
	for _, name := range []string{
		`echoblogs_blog_page_cache_requests_total{result="hit"}`, `echoblogs_blog_page_cache_requests_total{result="miss"}`, "echoblogs_blog_page_cache_bytes",
	} {
		if metrics[name] == 0 {
			t.Errorf("%s is 0", name)
		}
	}
}

// The owner's pages are read each time, and no reader gets them.
func TestPagesOfOwnersAreNotKept(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	for range 2 {
		before := queries(p)
		b.Open("/").Want(t, http.StatusOK, "alice", ">Write</a>")
		if used := queries(p) - before; used != 1 {
			t.Errorf("the owner's page took %v connections", used)
		}
		if page := p.Get("alice.example.com", "/"); strings.Contains(page.Body, ">Write</a>") {
			t.Errorf("a reader gets the owner's page:\n%s", page.Body)
		}
	}
}

// A path that is another one to the mux is never answered with the page of the path that it decodes to.
func TestEncodedPathsAreOtherPaths(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	for range 11 {
		p.Save("alice", post.Document{Content: "Words", Slug: fmt.Sprintf("p%d", time.Now().UnixNano())})
	}
	p.Get("alice.example.com", "/page/2/").Want(t, http.StatusOK, "alice")
	for _, path := range []string{"/page%2F2/", "/page%2f2/", "/page/2%2F"} {
		p.Get("alice.example.com", path).Want(t, http.StatusNotFound, "alice")
	}
}

// changes are all ways to change what readers see of a blog, in this order.
func changes(p *blogtest.Platform, tenant string) map[string]func(word string) error {
	ctx, posts, set := p.T.Context(), post.NewStore(tenant), settings.NewStore(tenant)
	save := func(word string, edit func(*post.SaveRequest)) error {
		stored, err := posts.Find(ctx, p.Writer, "title")
		if err != nil {
			return err
		}
		r := post.SaveRequest{Document: stored.Latest(), Base: stored.Version, Now: p.Clock.Now()}
		r.Document.Title = word
		edit(&r)
		_, err = posts.Save(ctx, p.Writer, r)
		return err
	}
	return map[string]func(word string) error{
		"a save": func(word string) error { return save(word, func(*post.SaveRequest) {}) },
		"pending changes that are published": func(word string) error {
			if err := save("Not yet", func(r *post.SaveRequest) { r.Unpublished = true }); err != nil {
				return err
			}
			return save(word, func(r *post.SaveRequest) { r.Document.Draft = false })
		},
		"a new post": func(word string) error {
			_, err := posts.Save(ctx, p.Writer, post.SaveRequest{Document: post.Document{Title: word, Content: "Text"}, Numbered: true, Now: p.Clock.Now()})
			return err
		},
		"the settings": func(word string) error {
			stored, err := set.Load(ctx, p.Writer)
			if err == nil {
				stored.Tagline = word
				_, err = set.Save(ctx, p.Writer, settings.SaveRequest{Settings: stored.Settings, Base: stored.UpdatedAt, Now: p.Clock.Now()})
			}
			return err
		},
	}
}

// A change shows on every replica within a second, or within five if its notification is lost: because the listener hangs, or is
// behind a pooler that delivers none. Stamps of a database whose clock is wrong, and corrected, hide no change.
func TestChangesShowOnEveryReplica(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		within time.Duration
		// replica prepares what loses notifications when it is called, and returns the options of the replica.
		replica func(t *testing.T, p *blogtest.Platform) (o blog.Options, lose func())
		clock   []string
	}{
		"notified": {within: time.Second, replica: func(_ *testing.T, p *blogtest.Platform) (blog.Options, func()) {
			return blog.Options{DatabaseURI: p.Database.BlogURI}, func() {}
		}},
		"with a listener that hangs": {within: 5 * time.Second, replica: stalledListener},
		"behind a pooler": {within: 5 * time.Second, replica: func(t *testing.T, p *blogtest.Platform) (blog.Options, func()) {
			t.Helper()
			return blog.Options{DatabaseURI: postgrestest.NewBouncer(t, p.Database).URI(p.Database.BlogURI)}, func() {}
		}},
		"while the clock of the database steps": {within: 5 * time.Second, replica: stalledListener, clock: []string{"1 hour", "-1 hour", "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := blogtest.NewDatabase(t)
			if len(test.clock) > 0 {
				falsifyClock(p)
			}
			p.Create(blogtest.Owned("alice"))
			p.Serve(blog.Options{DatabaseURI: p.Database.BlogURI})
			p.WaitReady()
			o, lose := test.replica(t, p)
			o.Now = p.Clock.Now
			other := blogtest.StartReplica(t, o)
			p.Save("alice", post.Document{Title: "Title", Content: "Text"})
			p.Wait("the other replica serves the blog", func() error { return other.Check("alice.example.com", "/", http.StatusOK, ">Title<") })
			lose()
			p.Exec(`UPDATE public.tenants SET updated_at = now() - interval '1 hour'`) // a row that has just changed is read again for a minute
			for i, step := range append(test.clock, "") {
				if step != "" {
					p.Exec(`UPDATE fake.clock SET ahead = $1::text::interval`, step)
				}
				for what, change := range changes(p, "alice") {
					word := fmt.Sprintf("Word %d of %s", i, what)
					if err := change(word); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					changed := time.Now()
					for number, replica := range []*blogtest.Replica{p.Replica, other} {
						p.Wait("a replica shows "+what, func() error {
							begun := time.Since(changed)
							err := replica.Check("alice.example.com", "/", http.StatusOK, word)
							if err != nil && begun > test.within { // however long the request takes
								t.Fatalf("replica %d does not show %s after %s: %v", number, what, begun, err)
							}
							return err
						})
					}
				}
			}
		})
	}
}

// stalledListener returns a replica whose connection for notifications stays open when it loses them.
func stalledListener(t *testing.T, p *blogtest.Platform) (blog.Options, func()) {
	t.Helper()
	proxy, through := faultproxy.New(t, p.Database.BlogURI)
	return blog.Options{DatabaseURI: p.Database.BlogURI, ListenURI: through}, proxy.Stall
}

// falsifyClock gives the blog's role a function now that is ahead of the clock by what fake.clock says.
func falsifyClock(p *blogtest.Platform) {
	p.T.Helper()
	administrator := p.Connect(p.Database.AdminURI)
	for _, statement := range []string{
		`CREATE SCHEMA fake`,
		`CREATE TABLE fake.clock (ahead interval NOT NULL)`,
		`INSERT INTO fake.clock VALUES ('0')`,
		`CREATE FUNCTION fake.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT pg_catalog.now() + (SELECT ahead FROM fake.clock)'`,
		`GRANT USAGE ON SCHEMA fake TO PUBLIC`,
		`GRANT ALL ON fake.clock TO PUBLIC`,
		`DO $do$ BEGIN EXECUTE format('ALTER ROLE echoblogs_blog IN DATABASE %I SET search_path = fake, pg_catalog', current_database()); END $do$`,
	} {
		if _, err := administrator.Exec(p.T.Context(), statement); err != nil {
			p.T.Fatalf("%s: %v", statement, err)
		}
	}
}

// A change of the tenant's row shows at once on pages that are in memory.
func TestMemoryFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Owned("alice")
	p.Create(alice)
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	p.Get("alice.example.com", "/title/").Want(t, http.StatusOK, "alice", "Blog of alice", `href="http://alice.example.com:8000/title/"`)
	for _, step := range []struct {
		edit func(*tenancy.Spec)
		host string
		want int
		text string
	}{
		{func(s *tenancy.Spec) { s.DisplayName = "Another name" }, "alice.example.com", http.StatusOK, "Another name"},
		{func(s *tenancy.Spec) { s.SuspendAt = time.Time{} }, "alice.example.com", http.StatusPaymentRequired, "This blog is suspended"},
		{func(s *tenancy.Spec) { s.SuspendAt = blogtest.Start.AddDate(1, 0, 0) }, "alice.example.com", http.StatusOK, "Another name"},
		{
			func(s *tenancy.Spec) { s.PrimaryHost, s.CustomHosts = "alice.org", []string{"alice.example.com"} }, "alice.org", http.StatusOK,
			`<link rel="canonical" href="http://alice.org:8000/title/">`,
		},
	} {
		step.edit(&alice)
		p.Update(alice, blogtest.Start)
		p.Wait("the change shows", func() error { return p.Check(step.host, "/title/", step.want, step.text) })
	}
	row, err := p.Store.Find(t.Context(), "alice")
	if err == nil {
		_, err = p.Store.Drop(t.Context(), row, nil, blogtest.Start)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.WaitFor("alice.org", "/title/", http.StatusNotFound)
}

// Each write of the editor and of uploads gives the content a new version, which readers at the same replica see at once.
func TestWritesGiveNewVersions(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	last := int64(-1)
	changed := func(what string) {
		t.Helper()
		var version int64
		if err := p.Operator.QueryRow(t.Context(), `SELECT coalesce(max(version), 0) FROM public.content_versions`).Scan(&version); err != nil {
			t.Fatal(err)
		}
		if version <= last {
			t.Errorf("%s gives no new version", what)
		}
		last = version
	}
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", "Nothing here yet")
	b.Submit("/write/new/", "title", "Title", "content", "Text", "action", "publish").WantSeeOther(t, "/write/title/?done=published")
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", ">Title<")
	changed("a post")
	stored, err := post.NewStore("alice").Find(t.Context(), p.Writer, "title")
	if err != nil {
		t.Fatal(err)
	}
	b.Submit("/write/", "action", "delete", "post", fmt.Sprintf("%d.%d", stored.ID, stored.UpdatedAt.UnixMicro()))
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", "Nothing here yet")
	changed("the trash")
	if _, err := post.NewStore("alice").Restore(t.Context(), p.Writer, stored.ID, post.Quota{}, blogtest.Start); err != nil {
		t.Fatal(err)
	}
	changed("the way out of the trash")

	uploads := media.NewPostgres(media.UsePool(p.Writer), "alice")
	file, err := media.NewReceiver().Receive(t.Context(), uploads, media.Upload{
		TenantID: 1, Name: "a.pdf", Size: -1, Body: strings.NewReader("%PDF-1.4\n%%EOF\n"), Now: p.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	changed("an upload")
	if err := uploads.SetAlt(t.Context(), file.ID, "A description"); err != nil {
		t.Fatal(err)
	}
	changed("a description")
	if err := uploads.Delete(t.Context(), file.ID); err != nil {
		t.Fatal(err)
	}
	changed("the deletion of an upload")
}
