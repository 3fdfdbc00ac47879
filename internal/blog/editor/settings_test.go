package editor_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// allSettings are the fields of the form, and what they set.
var (
	allSettings = []string{
		"theme", "ribbon", "accent", "teal",
		"tagline", "Words & <b>", "author", "Ann", "author_picture", "/media/a.jpg", "about", "I *am*.\r\n\r\nReally.", "footer", "The end.", "language", "de",
		"time_zone", "Europe/Berlin", "posts_per_page", "7", "reply_to", "ann@example.org", "excerpts_in_feed", "1", "navigation", "About me /about/\r\n\r\nMail mailto:me@example.org",
		"rel_me", "https://example.social/@me\r\n", "smart_punctuation", "1", "table_of_contents", "1", "ai_crawlers", "1", "hidden", "1",
	}
	wantSettings = settings.Settings{
		Theme: "ribbon", Accent: "teal",
		Tagline: "Words & <b>", Author: "Ann", AuthorPicture: "/media/a.jpg", About: "I *am*.\n\nReally.", Footer: "The end.", Language: "de", TimeZone: "Europe/Berlin",
		PostsPerPage: 7, ReplyTo: "ann@example.org", ExcerptsInFeed: true, Navigation: []settings.NavigationLink{{Label: "About me", Address: "/about/"}, {Label: "Mail", Address: "mailto:me@example.org"}},
		RelMe: []string{"https://example.social/@me"}, SmartPunctuation: true, TableOfContents: true, AICrawlers: true, Hidden: true,
	}
)

func TestSettings(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	stored := func(want settings.Settings) {
		t.Helper()
		set, err := settings.NewStore("alice").Load(t.Context(), p.Writer)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, set.Settings); diff != "" {
			t.Errorf("the settings (-want +got):\n%s", diff)
		}
	}
	form := b.Open("/write/settings/")
	form.Want(t, http.StatusOK, "alice", "“<bdi lang=\"\">Blog of alice</bdi>”", `<a href="http://localhost:8000/account/alice/">in your account</a>`, `<option value="Europe/Berlin">`, `value="10"`)
	for range 2 { // a retry after a lost response
		b.Submit("/write/settings/", append(version(form), allSettings...)...).WantSeeOther(t, "/write/settings/?done=saved")
	}
	stored(wantSettings)
	form = b.Open("/write/settings/?done=saved")
	form.Want(t, http.StatusOK, "alice", "Saved.", `name="theme" value="ribbon" checked`, `name="accent" value="teal" checked`, `src="/?accent=teal&amp;theme=ribbon"`, `value="Words &amp; &lt;b&gt;"`, "\nI *am*.\n\nReally.</textarea>", "\nAbout me /about/\nMail mailto:me@example.org</textarea>",
		`value="Europe/Berlin"`, `value="7"`, `name="hidden" type="checkbox" value="1" checked`, `name="smart_punctuation" type="checkbox" value="1" checked`)
	b.Open("/write/new/").Want(t, http.StatusOK, "alice", `value="Ann"`, "Date and time (Berlin)")

	// Each field shows its error, and what was entered.
	b.Submit("/write/settings/", append(version(form), "tagline", strings.Repeat("a", 201), "language", "en_US", "time_zone", "Mars/Olympus", "posts_per_page", "many",
		"navigation", "javascript:alert(1)", "rel_me", "me@example.org", "author_picture", "http://example.org/a.jpg", "theme", "none", "accent", "puce")...).Want(t, http.StatusUnprocessableEntity, "alice",
		`data-error="tagline">The tagline has 201 characters`, `data-error="language">`, "is not a language", `data-error="time_zone">`, "is not a time zone", `data-error="posts_per_page">The number of posts`,
		`data-error="navigation">Give link 1 of the navigation a name.`, `data-error="rel_me">`, `data-error="author_picture">The address of the picture`,
		`data-error="theme">There is no theme`, `data-error="accent">There is no accent`, `value="many"`, `value="Mars/Olympus"`)
	stored(wantSettings)

	// A change in another window is shown, and not overwritten.
	p.Advance(time.Minute)
	b.Submit("/write/settings/", append(version(form), "tagline", "Another window")...).WantSeeOther(t, "/write/settings/?done=saved")
	conflict := b.Submit("/write/settings/", append(version(form), "tagline", "This window", "hidden", "1")...)
	conflict.Want(t, http.StatusConflict, "alice", "Nothing was saved", `value="This window"`, `data-error="tagline">Now: Another window`, `data-error="hidden">This is not set now.`)
	stored(settings.Settings{Tagline: "Another window"})
	p.Advance(time.Minute)
	b.Submit("/write/settings/", append(version(conflict), "tagline", "This window")...).WantSeeOther(t, "/write/settings/?done=saved")
	stored(settings.Settings{Tagline: "This window"})

	p.Proxy.Cut()
	b.Submit("/write/settings/", append(version(conflict), "tagline", "Later")...).Want(t, http.StatusServiceUnavailable, "alice")
	p.Proxy.Restore()
}

func TestOnlyTheOwnerSetsUpTheBlog(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	s := blogtest.Owned("alice")
	p.Create(s)
	p.Create(blogtest.Owned("bob"))
	stranger, bob := p.Browser("alice.example.com"), p.Browser("alice.example.com")
	bob.Cookies["session"] = p.LogIn("bob", "bob.example.com").Cookies["session"]
	for _, b := range []*blogtest.Browser{stranger, bob} {
		if got := b.Open("/write/settings/"); got.Status != http.StatusSeeOther {
			t.Errorf("the settings are shown: %d", got.Status)
		}
		b.Submit("/write/settings/", allSettings...).Want(t, http.StatusForbidden, "alice", "Nothing was changed.")
	}
	alice := p.LogIn("alice", "alice.example.com")
	s.PaidUntil, s.SuspendAt = blogtest.Start.AddDate(0, 0, -2).Truncate(24*time.Hour), blogtest.Start.AddDate(0, 0, 12)
	p.Update(s, blogtest.Start)
	alice.Submit("/write/settings/", allSettings...).Want(t, http.StatusForbidden, "alice", "Your plan ended on 8 January 2027, so you cannot change this blog.", `value="Ann"`)
	if set, err := settings.NewStore("alice").Load(t.Context(), p.Writer); err != nil || set.Tagline != "" {
		t.Errorf("the settings are %+v, %v", set, err)
	}
}
