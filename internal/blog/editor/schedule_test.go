package editor_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// A post appears at the time that the clock of its blog's time zone shows: of an hour that comes twice the first time, and in an hour
// that is skipped as much later as clocks are set.
func TestScheduledByTheClockOfTheBlog(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	scheduled := []struct {
		blog, zone, date, shown string
		at                      time.Time
	}{
		{"berlin", "Europe/Berlin", "2027-03-28T02:30", "Sunday 28 March, 03:30 (Berlin)", time.Date(2027, 3, 28, 1, 30, 0, 0, time.UTC)},
		{"santiago", "America/Santiago", "2027-04-03T23:30", "Saturday 3 April, 23:30 (Santiago)", time.Date(2027, 4, 4, 2, 30, 0, 0, time.UTC)},
		{"howe", "Australia/Lord_Howe", "2027-04-04T01:45", "Sunday 4 April, 01:45 (Lord Howe)", time.Date(2027, 4, 3, 14, 45, 0, 0, time.UTC)},
		{"santiago", "America/Santiago", "2027-09-05T00:30", "Sunday 5 September, 01:30 (Santiago)", time.Date(2027, 9, 5, 4, 30, 0, 0, time.UTC)},
		{"howe", "Australia/Lord_Howe", "2027-10-03T02:15", "Sunday 3 October, 02:45 (Lord Howe)", time.Date(2027, 10, 2, 15, 45, 0, 0, time.UTC)},
		{"berlin", "Europe/Berlin", "2027-10-31T02:30", "Sunday 31 October, 02:30 (Berlin)", time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC)},
	}
	authors := map[string]*blogtest.Browser{}
	for _, s := range scheduled {
		b := authors[s.blog]
		if b == nil {
			p.Create(blogtest.Owned(s.blog))
			b = p.LogIn(s.blog, s.blog+".example.com")
			b.Submit("/write/settings/", append(version(b.Open("/write/settings/")), "time_zone", s.zone)...).WantSeeOther(t, "/write/settings/?done=saved")
			authors[s.blog] = b
		}
		title := s.at.Format("Post of January 2")
		if got := b.Submit("/write/new/", "title", title, "content", "Text", "date", s.date, "action", "publish"); got.Status != http.StatusSeeOther {
			t.Fatalf("%s in %s: status %d:\n%s", s.date, s.zone, got.Status, got.Body)
		}
		b.Open("/write/?show=scheduled").Want(t, http.StatusOK, s.blog, title, "Appears "+s.shown)
	}
	slices.SortFunc(scheduled, func(a, b struct {
		blog, zone, date, shown string
		at                      time.Time
	},
	) int {
		return a.at.Compare(b.at)
	})
	for _, s := range scheduled {
		host, title, path := s.blog+".example.com", s.at.Format("Post of January 2"), strings.ToLower(s.at.Format("/post-of-January-2/"))
		p.Advance(s.at.Sub(p.Clock.Now()) - time.Second)
		p.Get(host, path).Want(t, http.StatusNotFound, s.blog)
		for _, list := range []string{"/", "/feed.xml"} {
			if strings.Contains(p.Get(host, list).Body, title) {
				t.Errorf("%s in %s: %s has the post a second before its time", s.date, s.zone, list)
			}
		}
		p.Advance(time.Second)
		for _, page := range []string{path, "/", "/feed.xml"} {
			p.Get(host, page).Want(t, http.StatusOK, s.blog, title)
		}
	}
}
