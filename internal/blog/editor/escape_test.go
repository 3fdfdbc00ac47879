package editor_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// No field of a post or of the settings becomes markup, on any page of the editor or on the page of a share link.
func TestFieldsAreNoMarkup(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	const attack = `'"><script>alert(1)</script></textarea>`
	fields := []string{"title", attack, "slug", "attack", "details", "1", "draft", "1", "content", "Text"}
	for _, name := range []string{"author", "excerpt", "description", "cover_alt"} {
		fields = append(fields, name, attack)
	}
	b.Submit("/write/new/", append(fields, "tags", attack, "action", "share")...).WantSeeOther(t, "/write/attack/?done=shared")
	b.Submit("/write/settings/", "tagline", attack, "author", attack, "about", attack, "footer", attack, "navigation", attack+" /a/").WantSeeOther(t, "/write/settings/?done=saved")
	p.Advance(time.Minute)
	b.Submit("/write/attack/", append(version(b.Open("/write/attack/")), "title", "Other", "content", attack, "tags", "", "author", "", "action", "save")...).WantSeeOther(t, "/write/attack/?done=saved")
	versions := revisionLink.FindStringSubmatch(b.Open("/write/attack/revisions/").Body)
	if versions == nil {
		t.Fatal("there is no version")
	}
	share := shareLink.FindStringSubmatch(b.Open("/write/attack/").Body)
	if share == nil {
		t.Fatal("there is no link")
	}
	p.Advance(time.Minute)
	b.Submit("/write/attack/revisions/", version(b.Open(versions[1]))...).WantSeeOther(t, "/write/attack/?done=restored")
	mark := choose(b.Open("/write/"), "&#39;&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;/textarea&gt;")
	if len(mark) == 0 {
		t.Fatal("the post is not in the list")
	}
	for name, page := range map[string]blogtest.Response{
		"list": b.Open("/write/?q=" + "%27%22%3E%3Cscript%3Ealert(1)"), "form": b.Open("/write/attack/?done=saved"), "versions": b.Open("/write/attack/revisions/"),
		"version": b.Open(versions[1]), "delete": b.Open("/write/attack/delete/"), "settings": b.Open("/write/settings/"), "share": p.Get("alice.example.com", share[1]),
		"refused": b.Submit("/write/new/", append(fields, "language", attack, "action", "save")...),
		"erase":   b.Submit("/write/", "action", "erase", "post", mark[1], mark[2], attack, "list", `q="><script>alert(1)`),
		"bulk":    b.Submit("/write/", "action", "publish", "post", "9.9", "name.9", attack),
	} {
		if !strings.Contains(page.Body, "alert(1)") || strings.Contains(page.Body, "<script>alert") {
			t.Errorf("%s: status %d:\n%s", name, page.Status, page.Body)
		}
		if policy := page.Header.Get("Content-Security-Policy"); page.Status == http.StatusOK && strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", name, policy)
		}
	}
}
