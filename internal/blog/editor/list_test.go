package editor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// listed returns what the list of posts shows, apart from forms and menus: names, in their order.
func listed(page blogtest.Response) string {
	var names []string
	for _, part := range strings.Split(page.Body, `<p class="name">`)[1:] {
		_, name, _ := strings.Cut(part, `<bdi lang="">`)
		name, _, _ = strings.Cut(name, "</bdi>")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func TestListIsPaged(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	for i := range 26 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Date: blogtest.Start.Add(time.Duration(i-60) * time.Hour)})
	}
	b := p.LogIn("alice", "alice.example.com")
	first := b.Open("/write/")
	first.Want(t, http.StatusOK, "alice", `href="/write/?page=2" rel="next"`)
	if names := listed(first); !strings.HasPrefix(names, "Post 25, Post 24") || strings.Contains(names, "Post 00") {
		t.Errorf("the first page has %s", names)
	}
	if second := b.Open("/write/?page=2"); listed(second) != "Post 00" || !strings.Contains(second.Body, `<a href="/write/" rel="prev">`) {
		t.Errorf("the second page has %s", listed(second))
	}
	// Other pages keep what was looked for.
	b.Open("/write/?q=post&show=published&order=oldest").Want(t, http.StatusOK, "alice", `href="/write/?order=oldest&amp;page=2&amp;q=post&amp;show=published" rel="next"`)
	for _, query := range []string{"page=x", "page=0", "show=other", "order=other", "q=" + strings.Repeat("a", 201), "tag=%00", "q=%ff"} {
		b.Open("/write/?"+query).Want(t, http.StatusNotFound, "alice")
	}
}

func TestListByStateTagAndWords(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	zone := settings.SaveRequest{Settings: settings.Settings{TimeZone: "America/Argentina/Buenos_Aires"}, Now: blogtest.Start}
	if _, err := settings.NewStore("alice").Save(t.Context(), p.Writer, zone); err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return blogtest.Start.AddDate(0, 0, n) }
	for _, document := range []post.Document{
		{Title: "Harbour <b>", Content: "Grey water.", Date: day(-3), Tags: []string{"Sea"}},
		{Title: "Later", Content: "Water.", Date: time.Date(2027, 1, 12, 2, 30, 0, 0, time.UTC), Tags: []string{"sea", "Go"}},
		{Title: "Next year", Content: "x", Date: day(400)},
		{Title: "Unseen", Content: "x", Draft: true},
		{Title: "Quiet", Content: "x", Date: day(-2), Unlisted: true},
		{Title: "About", Content: "x", Date: day(-1), Page: true},
		{Content: "A note has no title, but first words.", Date: day(-5)},
	} {
		p.Save("alice", document)
	}
	b := p.LogIn("alice", "alice.example.com")
	for query, want := range map[string]string{
		"":                           "Next year, Later, Unseen, About, Quiet, Harbour &lt;b&gt;, A note has no title, but first words.",
		"?show=draft":                "Unseen",
		"?show=scheduled":            "Next year, Later",
		"?show=published":            "About, Harbour &lt;b&gt;, A note has no title, but first words.",
		"?show=unlisted":             "Quiet",
		"?show=pages":                "About",
		"?show=trash":                "",
		"?tag=SEA":                   "Later, Harbour &lt;b&gt;",
		"?q=wat&order=oldest":        "Harbour &lt;b&gt;, Later",
		"?show=published&q=elephant": "",
	} {
		page := b.Open("/write/" + query)
		page.Want(t, http.StatusOK, "alice", "Drafts <span class=\"count\">1</span>", "Scheduled <span class=\"count\">2</span>",
			"All <span class=\"count\">7</span>", "Pages <span class=\"count\">1</span>", "Trash <span class=\"count\">0</span>")
		if names := listed(page); names != want {
			t.Errorf("%q has %s; want %s", query, names, want)
		}
	}
	b.Open("/write/").Want(t, http.StatusOK, "alice", "Appears Monday 11 January, 23:30 (Buenos Aires)", "Draft, changed on 10 January 2027", "Unlisted since 8 January 2027",
		`<option value="Sea">Sea (2)</option>`, `<a href="/write/" aria-current="page">All`)
	b.Open("/write/?show=scheduled&q=year").Want(t, http.StatusOK, "alice", "14 February 2028, 09:00 (Buenos Aires)", `href="/write/?show=scheduled">Show all`)
	b.Open("/write/?tag=none").Want(t, http.StatusOK, "alice", "No posts match.", `<option value="none" selected>none</option>`)
	b.Open("/write/?q=none").Want(t, http.StatusOK, "alice", "No posts match.", `href="/write/?q=none&amp;show=draft"`)
}
