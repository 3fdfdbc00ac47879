package settings_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/settings"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	s := settings.Settings{
		Tagline: " a\n\x07line ", Author: "\ufeffA", About: "\r\nOne\r\n\r\nTwo \n", Language: " de ", TimeZone: " UTC ",
		Navigation: []settings.NavigationLink{{" ", ""}, {" About  me ", " /about/ "}}, RelMe: []string{"", " https://a.example/ ", "https://a.example/"},
	}
	s.Normalize()
	want := settings.Settings{
		Tagline: "a line", Author: "A", About: "One\n\nTwo", Language: "de", TimeZone: "UTC",
		Navigation: []settings.NavigationLink{{"About me", "/about/"}}, RelMe: []string{"https://a.example/"},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty := settings.Settings{}
	if empty.Normalize(); !reflect.DeepEqual(empty, settings.Settings{}) || empty.Check() != nil || empty.PageSize() != 10 || empty.Location() != time.UTC {
		t.Errorf("the zero value becomes %+v: %v", empty, empty.Check())
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	link := func(label, address string) func(*settings.Settings) {
		return func(s *settings.Settings) { s.Navigation = []settings.NavigationLink{{label, address}} }
	}
	for name, test := range map[string]struct {
		change func(*settings.Settings)
		fields []string // nil: it is valid
	}{
		"a zone":                    {func(s *settings.Settings) { s.TimeZone = "America/Argentina/Buenos_Aires" }, nil},
		"no zone":                   {func(s *settings.Settings) { s.TimeZone = "Mars/Olympus" }, []string{"time_zone"}},
		"the zone of the server":    {func(s *settings.Settings) { s.TimeZone = "Local" }, []string{"time_zone"}},
		"a file as zone":            {func(s *settings.Settings) { s.TimeZone = "../../etc/passwd" }, []string{"time_zone"}},
		"a long tagline":            {func(s *settings.Settings) { s.Tagline = strings.Repeat("ä", 201) }, []string{"tagline"}},
		"a tagline with NUL":        {func(s *settings.Settings) { s.About = "a\x00" }, []string{"about"}},
		"no UTF-8":                  {func(s *settings.Settings) { s.Footer = "\xff" }, []string{"footer"}},
		"several":                   {func(s *settings.Settings) { s.PostsPerPage, s.Language = 51, "en_US" }, []string{"language", "posts_per_page"}},
		"no posts":                  {func(s *settings.Settings) { s.PostsPerPage = -1 }, []string{"posts_per_page"}},
		"a picture over http":       {func(s *settings.Settings) { s.AuthorPicture = "http://a.example/a.jpg" }, []string{"author_picture"}},
		"a picture of the blog":     {func(s *settings.Settings) { s.AuthorPicture = "/media/a.jpg" }, nil},
		"an address for replies":    {func(s *settings.Settings) { s.ReplyTo = " ann+blog@example.org " }, nil},
		"a page for replies":        {func(s *settings.Settings) { s.ReplyTo = "https://example.org/" }, []string{"reply_to"}},
		"replies with a subject":    {func(s *settings.Settings) { s.ReplyTo = "ann@example.org?subject=a" }, []string{"reply_to"}},
		"a page":                    {link("About", "/about/"), nil},
		"an email address":          {link("Mail", "mailto:me@example.org"), nil},
		"a mail with a subject":     {link("Mail", "mailto:me@example.org?subject=<script>"), []string{"navigation"}},
		"a link without a name":     {link("\u200b", "/about/"), []string{"navigation"}},
		"a link without an address": {link("About", ""), []string{"navigation"}},
		"a script":                  {link("About", "javascript:alert(1)"), []string{"navigation"}},
		"another host by slashes":   {link("About", "//evil.example/"), []string{"navigation"}},
		"a long name":               {link(strings.Repeat("a", 51), "/about/"), []string{"navigation"}},
		"many links": {func(s *settings.Settings) {
			s.Navigation = make([]settings.NavigationLink, 21)
			for i := range s.Navigation {
				s.Navigation[i] = settings.NavigationLink{Label: fmt.Sprint(i), Address: "/"}
			}
		}, []string{"navigation"}},
		"a profile":            {func(s *settings.Settings) { s.RelMe = []string{"https://example.social/@me"} }, nil},
		"a profile as script":  {func(s *settings.Settings) { s.RelMe = []string{"javascript:alert(1)"} }, []string{"rel_me"}},
		"a profile with quote": {func(s *settings.Settings) { s.RelMe = []string{`https://a.example/" onclick="alert(1)`} }, []string{"rel_me"}},
		"many profiles": {func(s *settings.Settings) {
			for i := range 21 {
				s.RelMe = append(s.RelMe, fmt.Sprintf("https://a.example/%d", i))
			}
		}, []string{"rel_me"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings.Settings{}
			test.change(&s)
			s.Normalize()
			err := s.Check()
			var fields []string
			if invalid, ok := errors.AsType[*settings.InvalidError](err); ok {
				for _, f := range invalid.Fields {
					fields = append(fields, f.Field)
					if !strings.HasSuffix(f.Sentence, ".") || !strings.Contains(invalid.Error(), f.Sentence) {
						t.Errorf("the sentence is %q", f.Sentence)
					}
				}
			}
			if diff := cmp.Diff(test.fields, fields); diff != "" {
				t.Errorf("%v: fields (-want +got):\n%s", err, diff)
			}
		})
	}
}
