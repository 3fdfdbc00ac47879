package settings_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// complete has a value for every field.
var complete = settings.Settings{
	Theme: "strand", Accent: "teal", Tagline: "Notes from a lamp room", Author: "Alice", AuthorPicture: "/media/abc.jpg", About: "I *write*.", Footer: "\"Be\" here.", Language: "de",
	TimeZone: "Europe/Berlin", PostsPerPage: 5, ReplyTo: "alice@example.org", ExcerptsInFeed: true, Navigation: []settings.NavigationLink{{"About", "/about/"}},
	RelMe: []string{"https://example.social/@alice"}, SmartPunctuation: true, TableOfContents: true, AICrawlers: true, Hidden: true,
}

// newBlog returns a pool with the role of the blog, and a Store for the schema of one tenant, whose name requires quoting.
func newBlog(t *testing.T) (*pgxpool.Pool, settings.Store) {
	t.Helper()
	database := tenancytest.NewDatabase(t)
	err := tenancytest.Open(t, database, tenancy.Options{}).Create(t.Context(), tenancy.Spec{
		Name: "order", SchemaName: "order", DisplayName: "Order", PrimaryHost: "order.example.com", PaidUntil: now, SuspendAt: now,
	}, tenancy.CreateOptions{}, now)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.NewPool(database.BlogURI, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, settings.NewStore("order")
}

// A setting that is added fails this test until it has a value here, and is stored.
func TestEverySettingIsStored(t *testing.T) {
	t.Parallel()
	for field, value := range reflect.ValueOf(complete).Fields() {
		if value.IsZero() {
			t.Errorf("%s is not set", field.Name)
		}
	}
	pool, store := newBlog(t)
	if stored, err := store.Load(t.Context(), pool); err != nil || !reflect.DeepEqual(stored, settings.Stored{}) {
		t.Errorf("at first, the settings are %+v, %v", stored, err)
	}
	saved, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: complete, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := store.Load(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Stored{Settings: complete, AboutHTML: "<p>I <em>write</em>.</p>\n", FooterHTML: "<p>„Be“ here.</p>\n", UpdatedAt: now}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, saved); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
}

func TestSaveVersions(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	first, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: settings.Settings{Tagline: "One"}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		tagline string
		base    time.Time
		want    error
	}{
		"the same again":        {" One ", time.Time{}, nil},
		"from no settings":      {"Two", time.Time{}, settings.ErrChanged},
		"from an older version": {"Two", now.Add(-time.Second), settings.ErrChanged},
	} {
		got, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: settings.Settings{Tagline: test.tagline}, Base: test.base, Now: now.Add(time.Hour)})
		if !errors.Is(err, test.want) || err == nil && !got.UpdatedAt.Equal(first.UpdatedAt) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// Each change has a later time, even if the clock was set back.
	second, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: settings.Settings{Tagline: "Two"}, Base: first.UpdatedAt, Now: now.Add(-time.Hour)})
	if err != nil || !second.UpdatedAt.After(first.UpdatedAt) {
		t.Errorf("saved as %+v, %v", second, err)
	}
	if _, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: settings.Settings{TimeZone: "?"}, Base: second.UpdatedAt, Now: now}); err == nil {
		t.Error("invalid settings were saved")
	}
	if stored, err := store.Load(t.Context(), pool); err != nil || stored.Tagline != "Two" || !stored.UpdatedAt.Equal(second.UpdatedAt) {
		t.Errorf("the settings are %+v, %v", stored, err)
	}
}

// Of several writers with the same version, one succeeds, and the others get ErrChanged.
func TestConcurrentSaves(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	base := time.Time{}
	for round := range 2 {
		var group sync.WaitGroup
		var stored, conflicts atomic.Int32
		for i := range 8 {
			group.Go(func() {
				r := settings.SaveRequest{Settings: settings.Settings{Tagline: fmt.Sprint(round, i)}, Base: base, Now: now}
				switch _, err := store.Save(context.Background(), pool, r); {
				case err == nil:
					stored.Add(1)
				case errors.Is(err, settings.ErrChanged):
					conflicts.Add(1)
				default:
					t.Errorf("Save: %v", err)
				}
			})
		}
		group.Wait()
		if stored.Load() != 1 || conflicts.Load() != 7 {
			t.Errorf("round %d: %d were stored and %d were conflicts, want 1 and 7", round, stored.Load(), conflicts.Load())
		}
		current, err := store.Load(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		base = current.UpdatedAt
	}
}

// The largest settings can be stored, and rendered texts are sanitized.
func TestBounds(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	s := settings.Settings{About: strings.Repeat("\"", settings.MaxAboutLength), Footer: "<script>alert(1)</script>[a](javascript:alert(1)) b"}
	saved, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: s, Now: now})
	if err != nil || len(saved.AboutHTML) < 5*settings.MaxAboutLength || strings.Contains(saved.FooterHTML, "<script") || strings.Contains(saved.FooterHTML, "href") {
		t.Errorf("saved as %d bytes and %q, %v", len(saved.AboutHTML), saved.FooterHTML, err)
	}
	if _, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: settings.Settings{About: strings.Repeat("a|", 1200) + "\n" + strings.Repeat("-|", 1200)}, Base: saved.UpdatedAt, Now: now}); err != nil {
		t.Errorf("a wide table: %v", err)
	}
}

// A page shows both texts and a post: their footnotes and headings keep apart.
func TestIDsOfTexts(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	const text = "# One\n\nWords.[^1] [Up](#one) `id=\"x\" href=\"#y\"`\n\n[^1]: A note."
	saved, err := store.Save(t.Context(), pool, settings.SaveRequest{Settings: settings.Settings{About: text, Footer: text}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, html := range map[string]string{"about.": saved.AboutHTML, "footer.": saved.FooterHTML} {
		for _, part := range []string{
			`<h2 id="` + prefix + `one">`, `<a href="#` + prefix + `one"`, `<sup id="` + prefix + `fnref:1"><a href="#` + prefix + `fn:1"`, `<li id="` + prefix + `fn:1">`,
			`<code>id=&#34;x&#34; href=&#34;#y&#34;</code>`,
		} {
			if !strings.Contains(html, part) {
				t.Errorf("the text lacks %s:\n%s", part, html)
			}
		}
	}
}
