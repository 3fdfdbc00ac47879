package transfer_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// complete are documents that have, together, a value for every field, by the names of their files.
var complete = map[string]post.Document{
	"title.md": {
		Title: "A: \"title\" #1", Slug: "title", OldSlugs: []string{"ancient", "старый", "null", "2027-01-01"}, Author: "Alice", Content: "# A: \"title\" #1\n\nText.",
		Date: now.Add(-time.Hour + 123456*time.Microsecond), Tags: []string{"Go", "right to left", "yes", "2027", "- [x]", "a: #b"},
		Excerpt: "In short: yes.", Description: "For 'machines'.", CanonicalURL: "https://example.org/first?a=b&c#d", Cover: "/media/abc/cover.jpg",
		CoverAlt: "A lamp & \u200ba \U0001F600", Language: "pt-BR", Link: "https://example.org/about", Pinned: true,
	},
	"about.md":           {Title: "About", Slug: "about", Content: "Us.", Page: true, Position: 3, Draft: true, Date: now.AddDate(0, 0, 1)},
	"thanks.md":          {Title: "Thanks", Slug: "thanks", Content: "Us.", Page: true, Unlisted: true, Date: now},
	"2027-01-01-1000.md": {Slug: "2027-01-01-1000", Content: "# A thought\n\nwith a heading.", Date: now},
	"draft.md":           {Title: "Draft", Slug: "draft", Draft: true},
	"مرحبا-بالعالم.md":   {Title: "مرحبا بالعالم", Slug: "مرحبا-بالعالم", Content: "نص.", Date: now, Tags: []string{"عربي"}},
}

// newBlog returns a pool with the role of the blog, in a database with the tenant alice.
func newBlog(t *testing.T) *pgxpool.Pool {
	t.Helper()
	database := tenancytest.NewDatabase(t)
	err := tenancytest.Open(t, database, tenancy.Options{}).Create(t.Context(), tenancy.Spec{
		Name: "alice", SchemaName: "alice", DisplayName: "Alice", PrimaryHost: "alice.example.com", PaidUntil: now, SuspendAt: now,
	}, tenancy.CreateOptions{}, now)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.NewPool(database.BlogURI, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// uploadsOf returns the uploads of the blog of newBlog.
func uploadsOf(pool *pgxpool.Pool) media.Store {
	return media.NewPostgres(media.UsePool(pool), "alice")
}

// exportArchive returns the export of a blog.
func exportArchive(t *testing.T, pool *pgxpool.Pool) *zip.Reader {
	t.Helper()
	set, err := settings.NewStore("alice").Load(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	exported, err := transfer.NewExport(set, uploadsOf(pool), func(after int64) ([]post.Source, error) {
		return post.NewStore("alice").ListSources(t.Context(), pool, after, 2, transfer.ExportBatchBytes)
	})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := exported.Write(t.Context(), &archive, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	read, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// export returns the files of the export of a blog.
func export(t *testing.T, pool *pgxpool.Pool) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, file := range exportArchive(t, pool).File {
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[file.Name], err = io.ReadAll(content); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// What is exported from one blog is the same in another one. A field that is added to the model fails this test until it is in
// the front matter.
func TestExportIsReadBack(t *testing.T) {
	t.Parallel()
	set := map[string]bool{}
	one, two, store := newBlog(t), newBlog(t), post.NewStore("alice")
	for _, document := range complete {
		for field, value := range reflect.ValueOf(document).Fields() {
			set[field.Name] = set[field.Name] || !value.IsZero()
		}
		if _, err := store.Save(t.Context(), one, post.SaveRequest{Document: document, Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	for name, set := range set {
		if !set {
			t.Errorf("no document has %s", name)
		}
	}
	got := map[string]post.Document{}
	for name, content := range export(t, one) {
		document, err := transfer.Parse(content)
		if err != nil {
			t.Fatalf("%s: %v:\n%s", name, err, content)
		}
		saved, err := store.Save(t.Context(), two, post.SaveRequest{Document: document, Overwrite: true, Now: now.AddDate(0, 1, 0)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		source, err := store.FindByID(t.Context(), two, saved.Version.ID)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = source.Document
	}
	if diff := cmp.Diff(complete, got); diff != "" {
		t.Errorf("the posts of the other blog (-want +got):\n%s", diff)
	}
}

// The longest values of all fields fit into front matter.
func TestLongFrontMatter(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("\U0001F600", n) }
	d := post.Document{
		Title: long(post.MaxTitleLength), Slug: strings.Repeat("a", post.MaxSlugLength), Author: long(post.MaxAuthorLength), Content: "Text.", Date: now,
		Excerpt: long(post.MaxExcerptLength), Description: long(post.MaxDescriptionLength), CoverAlt: long(post.MaxAltLength),
	}
	for _, address := range []*string{&d.CanonicalURL, &d.Cover, &d.Link} {
		*address = "https://example.org/" + long(495)
	}
	for i := range post.MaxTags {
		d.Tags = append(d.Tags, long(post.MaxTagLength-1)+string(rune('a'+i)))
	}
	for i := range post.MaxOldSlugs {
		d.OldSlugs = append(d.OldSlugs, strings.Repeat("𐐨", 49)+strings.Repeat("a", i/26)+string(rune('a'+i%26)))
	}
	file, err := transfer.Format(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := transfer.Parse(file)
	if err != nil {
		t.Fatalf("%d bytes: %v", len(file), err)
	}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Changes that readers do not see are in a folder of their own, so that nobody publishes them by accident.
func TestExportOfPendingChangesAndSettings(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t), post.NewStore("alice")
	document := post.Document{Title: "T", Slug: "t", Content: "Public.", Date: now}
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	pending := document
	pending.Content = "Pending."
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: pending, Base: saved.Version, Unpublished: true, Now: now}); err != nil {
		t.Fatal(err)
	}
	want := settings.Settings{Tagline: "A \"tagline\"", Navigation: []settings.NavigationLink{{Label: "A", Address: "/a/"}}, Hidden: true}
	if _, err := settings.NewStore("alice").Save(t.Context(), pool, settings.SaveRequest{Settings: want, Now: now}); err != nil {
		t.Fatal(err)
	}
	files := export(t, pool)
	for name, want := range map[string]post.Document{"t.md": document, "unpublished/t.md": pending} {
		if got, err := transfer.Parse(files[name]); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
	}
	var got settings.Settings
	if err := json.Unmarshal(files["settings.json"], &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the settings are %+v, %v; want %+v", got, err, want)
	}
	if len(files) != 3 {
		t.Errorf("the archive has %d files", len(files))
	}
}
