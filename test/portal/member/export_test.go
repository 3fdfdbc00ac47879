package member_test

import (
	"archive/zip"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
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
		"settings.json":         "{}",
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
	v := portaltest.NewClient(t, site)
	v.RouteToBlog(p, primary, custom)
	page := v.Get("http://"+primary+"/hello/").Want(t, http.StatusOK, "Public: ").Without(t, "Not public yet.", id)
	_, after, _ := strings.Cut(page.Body, `<a href="/media/`)
	name, _, _ := strings.Cut(after, `"`)
	v.Get("http://"+primary+"/media/"+name).Want(t, http.StatusOK, "the menu")

	for name, files := range map[string]map[string]string{"no export": {"a.txt": "a"}, "an upload that is refused": {"media.json": `[{"file":"media/a"}]`, "media/a": "<svg/>"}} {
		if printed, err := p.RunPlugin(t.Context(), "post", alice, writeArchive(t, files)); err == nil {
			t.Errorf("%s: %q", name, printed)
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
