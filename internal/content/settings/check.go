package settings

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/internal/content/field"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// The limits of settings. Lengths are in characters.
const (
	MaxTaglineLength = 200
	MaxAuthorLength  = 255
	MaxAboutLength   = 5000
	MaxFooterLength  = 2000
	MaxPostsPerPage  = 50
	MaxNavigation    = 20
	MaxLabelLength   = 50
	MaxRelMe         = 20
)

// FieldError says what is wrong with a field.
type FieldError struct {
	// Field is the name in JSON.
	Field string
	// Sentence says what is wrong and what to do.
	Sentence string
}

// InvalidError explains to an owner why settings cannot be saved.
type InvalidError struct {
	// Fields are the errors, at most one for each field.
	Fields []FieldError
}

func (e *InvalidError) Error() string {
	sentences := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		sentences[i] = f.Sentence
	}
	return strings.Join(sentences, " ")
}

// add adds an error of a field, unless it has one.
func (e *InvalidError) add(name, format string, args ...any) {
	for _, f := range e.Fields {
		if f.Field == name {
			return
		}
	}
	e.Fields = append(e.Fields, FieldError{name, fmt.Sprintf(format, args...)})
}

// Check returns an *InvalidError if the settings cannot be saved.
func (s *Settings) Check() error {
	invalid := &InvalidError{}
	s.checkTexts(invalid)
	if s.Theme != "" && !theme.Known(s.Theme) {
		invalid.add("theme", "There is no theme %.40q. Choose one of the list.", s.Theme)
	}
	if s.Accent != "" && !theme.KnownAccent(s.Accent) {
		invalid.add("accent", "There is no accent %.40q. Choose one of the list.", s.Accent)
	}
	if s.AuthorPicture != "" && (len(s.AuthorPicture) > field.MaxURLBytes || !field.IsImageAddress(s.AuthorPicture)) {
		invalid.add("author_picture", "The address of the picture must begin with https://, or be the path of an image of this blog, such as /media/….")
	}
	if s.Language != "" && !field.IsLanguage(s.Language) {
		invalid.add("language", "%.40q is not a language. Write its tag, such as en or pt-BR.", s.Language)
	}
	if !isTimeZone(s.TimeZone) {
		invalid.add("time_zone", "%.40q is not a time zone. Choose one such as Europe/Berlin.", s.TimeZone)
	}
	if s.PostsPerPage < 0 || s.PostsPerPage > MaxPostsPerPage {
		invalid.add("posts_per_page", "The number of posts on a page must be from 1 to %d.", MaxPostsPerPage)
	}
	if s.ReplyTo != "" && !naming.IsEmail(s.ReplyTo) {
		invalid.add("reply_to", "%.100q is not an email address. Write one such as me@example.org.", s.ReplyTo)
	}
	s.checkNavigation(invalid)
	s.checkRelMe(invalid)
	if len(invalid.Fields) > 0 {
		return invalid
	}
	return nil
}

func (s *Settings) checkTexts(invalid *InvalidError) {
	for _, text := range []struct {
		key, name, text string
		max             int
	}{
		{"tagline", "tagline", s.Tagline, MaxTaglineLength}, {"author", "author's name", s.Author, MaxAuthorLength},
		{"about", "text about you", s.About, MaxAboutLength}, {"footer", "footer", s.Footer, MaxFooterLength},
	} {
		switch length := utf8.RuneCountInString(text.text); {
		case !isStorable(text.text):
			invalid.add(text.key, "The %s contains characters that cannot be stored. Remove them.", text.name)
		case length > text.max:
			invalid.add(text.key, "The %s has %d characters; the maximum is %d. Shorten it.", text.name, length, text.max)
		}
	}
}

// isStorable reports whether PostgreSQL can store text.
func isStorable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// isTimeZone reports whether a name is in the database of time zones. "Local" would be that of the server.
func isTimeZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local" && !strings.Contains(name, "//")
}

func (s *Settings) checkNavigation(invalid *InvalidError) {
	if len(s.Navigation) > MaxNavigation {
		invalid.add("navigation", "The navigation has %d links; the maximum is %d.", len(s.Navigation), MaxNavigation)
	}
	for i, link := range s.Navigation {
		switch {
		case !naming.IsVisible(link.Label) || !isStorable(link.Label):
			invalid.add("navigation", "Give link %d of the navigation a name.", i+1)
		case utf8.RuneCountInString(link.Label) > MaxLabelLength:
			invalid.add("navigation", "The name of link %d of the navigation has more than %d characters. Shorten it.", i+1, MaxLabelLength)
		case len(link.Address) > field.MaxURLBytes || !isLink(link.Address):
			invalid.add("navigation", "The address of link %d of the navigation must be a path of this blog, such as /about/, or a whole one, such as https://example.org/.", i+1)
		}
	}
}

// isLink reports whether an address can be one of the navigation: a page here or elsewhere, or an email address.
func isLink(address string) bool {
	if mailbox, ok := strings.CutPrefix(address, "mailto:"); ok {
		_, err := url.Parse(address)
		return err == nil && naming.IsEmail(mailbox)
	}
	return isStorable(address) && (field.IsPath(address) || field.IsWebAddress(address))
}

func (s *Settings) checkRelMe(invalid *InvalidError) {
	if len(s.RelMe) > MaxRelMe {
		invalid.add("rel_me", "There are %d addresses of yours; the maximum is %d.", len(s.RelMe), MaxRelMe)
	}
	for _, address := range s.RelMe {
		if len(address) > field.MaxURLBytes || !isStorable(address) || !field.IsWebAddress(address) {
			invalid.add("rel_me", "%.100q is not the address of a page. Write a whole one, such as https://example.social/@me.", address)
		}
	}
}
