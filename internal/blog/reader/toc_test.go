package reader_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestTableOfContents(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	words := strings.Repeat("word ", 1000)
	p.Save("alice", post.Document{Title: "Long", Content: "## One & *two* `<b>`\n\n" + words + "\n\n### [Below](/a/)\n\n## Ende\n\n#### Deep"})
	p.Save("alice", post.Document{Title: "Short", Content: "## One\n\n## Two\n\n## Three"})
	p.Save("alice", post.Document{Title: "Plain", Content: "## One\n\n## Two\n\n" + words})
	wantNone(p, "alice.example.com", "/long/", "Contents")
	saveSettings(p, "alice", settings.Settings{TableOfContents: true})
	p.Get("alice.example.com", "/long/").Want(t, http.StatusOK, "alice", "<div class=\"prose e-content\">\n<details class=\"toc\">\n<summary lang=\"en\">Contents</summary>\n<ul>\n"+
		"<li><a href=\"#one-two-b\">One &amp; two &lt;b&gt;</a></li>\n<li class=\"sub\"><a href=\"#below-a\">Below</a></li>\n<li><a href=\"#ende\">Ende</a></li>\n</ul>\n</details>\n<h2 id=\"one-two-b\">")
	for _, path := range []string{"/short/", "/plain/", "/feed.xml", "/"} {
		wantNone(p, "alice.example.com", path, "Contents")
	}
}
