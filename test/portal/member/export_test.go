package member_test

import (
	"archive/zip"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The export of a blog becomes that of another one: with its uploads, at other addresses, and with its changes that readers do not
// see. It can be repeated.
func TestPostExport(t *testing.T) {
	t.Parallel()
	p, site, _ := portaltest.SharedSiteWithDNS(t)
	alice := portaltest.Name("alice")
	primary, custom := hostsOf(alice)
	portaltest.AddAccount(t, p, alice, withCustomDomain(custom))
	id := strings.Repeat("a", 26)
	file := writeArchive(t, map[string]string{
		"hello.md":              "---\ntitle: Hello\n---\nPublic: [menu](/media/" + id + ".pdf)\n",
		"unpublished/hello.md":  "---\ntitle: Hello\n---\nNot public yet.\n",
		"settings.json":         `{"tagline": "From elsewhere", "footer": "[menu](/media/` + id + `.pdf)"}`,
		"media.json":            fmt.Sprintf(`[{"id":%q,"file":"media/%s.pdf","name":"menu.pdf","type":"application/pdf","alt":"","created_at":"2027-01-01T00:00:00Z"}]`, id, id),
		"media/" + id + ".pdf":  "%PDF-1.7\nthe menu",
		"media/ignored/more.md": "# More",
	})
	for i, want := range []string{"created", "updated"} {
		printed, err := p.RunPlugin(t.Context(), "post", alice, file)
		if err != nil || !strings.Contains(printed, "uploaded menu.pdf\n") || !strings.Contains(printed, want+" Hello") || strings.Contains(printed, "Line ") {
			t.Fatalf("run %d prints %q, %v", i, printed, err)
		}
	}
	wantSettings(t, p, alice, file, id)
	v := portaltest.NewClient(t, site)
	v.RouteToBlog(p, primary, custom)
	page := v.Get("http://"+primary+"/hello/").Want(t, http.StatusOK, "Public: ").Without(t, "Not public yet.", id)
	_, after, _ := strings.Cut(page.Body, `<a href="/media/`)
	name, _, _ := strings.Cut(after, `"`)
	v.Get("http://"+primary+"/media/"+name).Want(t, http.StatusOK, "the menu")

	for name, files := range map[string]map[string]string{"no export": {"a.txt": "a"}, "an upload that is refused": {"media.json": `[{"file":"media/a"}]`, "media/a": "<svg/>"},
		"settings that are refused": {"settings.json": `{"time_zone": "Mars"}`}} {
		if printed, err := p.RunPlugin(t.Context(), "post", alice, writeArchive(t, files)); err == nil {
			t.Errorf("%s: %q", name, printed)
		}
	}
}

// wantSettings checks that the settings of an export are saved in a blog that has none, and replace others on demand alone.
func wantSettings(t *testing.T, p *stack.Platform, tenant, file, id string) {
	t.Helper()
	store := settings.NewStore(naming.Schema(tenant))
	load := func() settings.Stored {
		t.Helper()
		stored, err := store.Load(t.Context(), p.Admin)
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	imported := load()
	if imported.Tagline != "From elsewhere" || !strings.HasPrefix(imported.Footer, "[menu](/media/") || strings.Contains(imported.Footer, id) {
		t.Errorf("the settings are %+v", imported.Settings)
	}
	own := settings.Settings{Tagline: "Mine"}
	if _, err := store.Save(t.Context(), p.Admin, settings.SaveRequest{Settings: own, Base: imported.UpdatedAt, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		arguments     []string
		says, tagline string
	}{
		{[]string{"post", tenant, file}, "kept the settings of the blog: --settings replaces them", "Mine"},
		{[]string{"post", tenant, file, "--settings"}, "updated settings\n", "From elsewhere"},
		{[]string{"post", tenant, file}, "unchanged settings\n", "From elsewhere"},
	} {
		printed, err := p.RunPlugin(t.Context(), run.arguments...)
		if got := load().Tagline; err != nil || !strings.Contains(printed, run.says) || got != run.tagline {
			t.Errorf("%q prints %q, %v, and leaves the tagline %q; want %q and %q", run.arguments, printed, err, got, run.says, run.tagline)
		}
	}
}

// The command knows every field of a post, and lists what readers do not see of it, with its line.
func TestPostKnowsEveryField(t *testing.T) {
	t.Parallel()
	p, _, _ := portaltest.SharedSiteWithDNS(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	help, err := p.RunPlugin(t.Context(), "post", "--help")
	if err != nil {
		t.Fatal(err)
	}
	date, set := time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC), map[string]bool{}
	store := post.NewStore(naming.Schema(alice))
	for _, want := range []post.Document{
		{
			Title: "All", Slug: "all", OldSlugs: []string{"before"}, Author: "Alice", Content: "One.\n\n<iframe src=\"https://example.org\"></iframe>\n\n![a](http://example.org/a.png)", Date: date,
			Unlisted: true, Tags: []string{"north"}, Excerpt: "Short.", Description: "For machines.", CanonicalURL: "https://example.org/all",
			Cover: "https://example.org/cover.png", CoverAlt: "A cover.", Language: "de", Link: "https://example.org/", Pinned: true,
		},
		{Title: "A page", Slug: "a-page", Content: "Text.", Date: date, Draft: true, Page: true, Position: 2},
	} {
		for field, value := range reflect.ValueOf(want).Fields() {
			set[field.Name] = set[field.Name] || !value.IsZero()
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "content" && !regexp.MustCompile(`\b`+name+`\b`).MatchString(help) {
				t.Errorf("the help of the command lacks %s:\n%s", name, help)
			}
		}
		written, err := transfer.Format(want)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "post.md")
		if err := os.WriteFile(file, written, 0o600); err != nil {
			t.Fatal(err)
		}
		printed, err := p.RunPlugin(t.Context(), "post", alice, file)
		if err != nil {
			t.Fatal(err)
		}
		if removed := strings.Contains(printed, "Line 3 of the text: ") && strings.Contains(printed, "Line 5 of the text: "); removed != (want.Slug == "all") {
			t.Errorf("the command prints %q", printed)
		}
		got, err := store.Find(t.Context(), p.Admin, want.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Document); diff != "" {
			t.Errorf("the post (-want +got):\n%s", diff)
		}
	}
	for name, set := range set {
		if !set {
			t.Errorf("no post has %s", name)
		}
	}
}

// writeArchive writes a ZIP file, and returns its name.
func writeArchive(t *testing.T, files map[string]string) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "export.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	for name, content := range files {
		w, err := archive.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}
