// Package browser_test opens pages in a browser, and uses only the keyboard. axe-core, the engine of most accessibility
// checkers, must report nothing, and the browser's console must stay empty.
package browser_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// site is one replica of the blog with some tenants. Browsers resolve every name under localhost by themselves.
type site struct {
	*blogtest.Platform
	port string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Platform: blogtest.NewDatabase(t)}
	s.fill()
	s.Serve(blog.Options{})
	_, s.port, _ = strings.Cut(s.Address, ":")
	s.Install("http://localhost:" + s.port)
	s.WaitReady()
	s.fillWithSettings()
	s.fillList()
	return s
}

// fill creates a blog with many posts, one without any, one that is suspended and one that fails.
func (s *site) fill() {
	s.T.Helper()
	year := blogtest.Start.AddDate(1, 0, 0)
	s.create("alice", "Alice’s adventures in blogging", year)
	s.create("empty", "A blank page", year)
	s.create("bob", "Bob builds", blogtest.Start.AddDate(0, 0, -1))
	s.create("carol", "Carol’s corner", year)
	s.Exec(`DROP TABLE carol.posts CASCADE`)

	file, err := os.ReadFile("testdata/rich.md")
	if err != nil {
		s.T.Fatal(err)
	}
	document, err := transfer.Parse(file)
	if err != nil {
		s.T.Fatal(err)
	}
	document.Slug, document.Date = "rich", blogtest.Start.AddDate(0, -1, 0)
	s.Save("alice", document)
	for i := range 23 {
		s.Save("alice", post.Document{
			Title: titles[i%len(titles)], Slug: fmt.Sprintf("post-%d", i), Author: []string{"Alice Liddell", ""}[i%2],
			Content: strings.Repeat("The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down. ", i%5),
			Date:    blogtest.Start.AddDate(0, -2, -3*i),
		})
	}
}

// fillWithSettings creates blogs that have all settings, and posts with everything: one in English, one in Arabic, and one whose owner
// looks at it.
func (s *site) fillWithSettings() {
	s.T.Helper()
	icon := regexp.MustCompile(`/assets/icon\.[0-9a-f]+\.svg`).FindString(s.Get("empty.localhost", "/").Body)
	for _, blog := range []struct{ name, title, words, language string }{
		{"dora", "The lamp room", "Notes from a lamp room on the north coast", "en-GB"},
		{"noor", "غرفة المصباح", "ملاحظات من غرفة المصباح على الساحل الشمالي", "ar"},
		{"erin", "Erin’s lamp", "Notes from a lamp room", ""},
	} {
		s.create(blog.name, blog.title, blogtest.Start.AddDate(1, 0, 0))
		_, err := settings.NewStore(blog.name).Save(s.T.Context(), s.Writer, settings.SaveRequest{Now: blogtest.Start, Settings: settings.Settings{
			Tagline: blog.words, Author: blog.title, AuthorPicture: icon, About: blog.words + ".[^1]\n\n[^1]: " + blog.words, Footer: "## " + blog.title + "\n\n" + blog.words + ".[^1]\n\n[^1]: " + blog.words,
			Language: blog.language, TimeZone: "Europe/Berlin", RelMe: []string{"https://example.social/@me"},
			Navigation: []settings.NavigationLink{{Label: blog.title, Address: "https://example.org/"}, {Label: "日本語", Address: "/lamp/"}},
		}})
		if err != nil {
			s.T.Fatal(err)
		}
		everything := post.Document{
			Title: blog.words, Slug: "lamp", Author: blog.title, Content: "## " + blog.title + "\n\n" + strings.Repeat(blog.words+". ", 20) + "[^1]\n\n[^1]: " + blog.words,
			Tags: []string{"Letters", "أدب", "😀", strings.Repeat("long ", 10)}, Cover: icon, CoverAlt: blog.words, Pinned: true, Link: "https://example.org/lamp",
		}
		s.Save(blog.name, everything)
		s.Save(blog.name, post.Document{Slug: "note", Content: blog.words})
		for _, title := range []string{"Über uns", "مشاريع", "A page with a long title, which wraps on the screen of a phone"} {
			s.Save(blog.name, post.Document{Title: title, Content: "Text", Page: true})
		}
		for i, title := range titles {
			s.Save(blog.name, post.Document{Title: title, Content: "Text.", Date: blogtest.Start.AddDate(0, 0, -i-1)})
		}
	}
}

// fillList creates a blog with several pages of posts in each state, whose titles are long, in many scripts, or missing.
func (s *site) fillList() {
	s.T.Helper()
	s.create("lena", "Letters from a lighthouse 🗼", blogtest.Start.AddDate(1, 0, 0))
	tags := []string{"Letters", "أدب", "日本語", "😀", strings.Repeat("long ", 10)}
	for i := range 64 {
		s.Save("lena", post.Document{
			Title: listed[i%len(listed)], Slug: fmt.Sprintf("post-%d", i), Content: "What a lighthouse keeper writes in the evening.", Tags: tags[:i%(len(tags)+1)],
			Date: blogtest.Start.AddDate(0, 0, 3-i), Draft: i%4 == 1, Unlisted: i%7 == 2, Pinned: i == 10, Page: i%16 == 14,
		})
	}
}

// listed are titles that are hard to lay out.
var listed = append([]string{
	"What a lighthouse keeper knows about attention, and other things that no one has asked in the last hundred and fifty years of the service",
	"المنارة والسجل: ملاحظات من غرفة المصباح على الساحل الشمالي، كتبت في ليالي الشتاء الطويلة", "灯台守が知っている注意についての長い長い覚え書きと、この百五十年間だれも尋ねなかったその他のこと",
	"Fog 🌫️🌫️🌫️ and 👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈 lamps", "", "אור in the middle of an English title, and a number: 1852 (שנה)",
}, titles...)

var titles = []string{
	"On the virtue of short titles", "Tea",
	"Why is a raven like a writing desk, and other questions to which nobody has found an answer in a hundred and fifty years",
	"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "Ten thousand tenants, one query",
}

func (s *site) create(name, title string, suspendAt time.Time) {
	s.T.Helper()
	spec := blogtest.Owned(name)
	spec.DisplayName, spec.PrimaryHost, spec.PaidUntil, spec.SuspendAt = title, name+".localhost", suspendAt, suspendAt
	s.Create(spec)
}
