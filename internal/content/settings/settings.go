// Package settings stores what the owner of a blog sets for the blog as a whole. The title of a blog is not among it: that belongs to
// the tenant.
package settings

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/field"
	"github.com/echoblogs/echoblogs/internal/content/language"
)

// Settings are those of one blog. The zero value is what a blog has whose owner has set nothing.
type Settings struct {
	// Theme is the name of a theme, and Accent that of one of its accents. Empty: theme.DefaultName, and the theme's own.
	Theme  string `json:"theme,omitempty"`
	Accent string `json:"accent,omitempty"`
	// Tagline is a line of plain text under the title.
	Tagline string `json:"tagline,omitempty"`
	// Author is the name of new posts' author, plain text.
	Author string `json:"author,omitempty"`
	// AuthorPicture is the address of an image: over https, or a path of the blog.
	AuthorPicture string `json:"author_picture,omitempty"`
	// About and Footer are Markdown: about the author, and at the end of every page.
	About  string `json:"about,omitempty"`
	Footer string `json:"footer,omitempty"`
	// Language is the BCP 47 tag of the pages. Empty: that of the posts on them.
	Language string `json:"language,omitempty"`
	// TimeZone is a name of the IANA time zone database. Empty: UTC.
	TimeZone string `json:"time_zone,omitempty"`
	// PostsPerPage is a number from 1 to MaxPostsPerPage. 0: DefaultPostsPerPage.
	PostsPerPage int `json:"posts_per_page,omitempty"`
	// ExcerptsInFeed says that the feed has excerpts instead of whole posts.
	ExcerptsInFeed bool `json:"excerpts_in_feed,omitempty"`
	// ReplyTo is the email address to which readers can reply, which every post then shows. Empty: there is none.
	ReplyTo string `json:"reply_to,omitempty"`
	// Navigation are links besides those of the blog's pages.
	Navigation []NavigationLink `json:"navigation,omitempty"`
	// RelMe are addresses that are the owner's as well (rel=me), such as profiles.
	RelMe []string `json:"rel_me,omitempty"`
	// SmartPunctuation replaces straight quotation marks, hyphens and full stops in posts that are saved from then on.
	SmartPunctuation bool `json:"smart_punctuation,omitempty"`
	// TableOfContents says that long posts begin with links to their headings.
	TableOfContents bool `json:"table_of_contents,omitempty"`
	// AICrawlers allows crawlers that collect text for AI models.
	AICrawlers bool `json:"ai_crawlers,omitempty"`
	// Hidden asks search engines not to list the blog.
	Hidden bool `json:"hidden,omitempty"`
}

// NavigationLink is a link in the navigation.
type NavigationLink struct {
	// Label is a line of plain text.
	Label string `json:"label"`
	// Address is a path of the blog or the address of another page.
	Address string `json:"address"`
}

// DefaultPostsPerPage is how many posts a page of the list has, unless the owner sets it.
const DefaultPostsPerPage = 10

// PageSize returns how many posts a page of the list has.
func (s *Settings) PageSize() int {
	if s.PostsPerPage == 0 {
		return DefaultPostsPerPage
	}
	return s.PostsPerPage
}

// LanguageOf returns the language of a text in which the given one was found. Latin letters alone do not say one, nor do most of
// the Cyrillic ones: then it is the language of the blog, if that has them.
func (s *Settings) LanguageOf(found string) string { return language.Narrow(found, s.Language) }

// Location returns the time zone: UTC, if it is not set, or has been removed from the database of time zones.
func (s *Settings) Location() *time.Location {
	if location, ok := locations.Load(s.TimeZone); ok {
		return location.(*time.Location)
	}
	location, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	locations.Store(s.TimeZone, location)
	return location
}

// locations has the time zones that have been used, by their names: a page for readers takes longer to load one than to be written.
// There are some 600, of a few kB each.
var locations sync.Map

// Normalize removes superfluous white space, control characters of what is shown on one line, and empty entries of lists.
func (s *Settings) Normalize() {
	for _, line := range []*string{&s.Tagline, &s.Author} {
		*line = field.Line(*line)
	}
	for _, markdown := range []*string{&s.About, &s.Footer} {
		*markdown = strings.TrimSpace(field.Lines(*markdown))
	}
	for _, address := range []*string{&s.AuthorPicture, &s.Language, &s.TimeZone, &s.ReplyTo} {
		*address = strings.TrimSpace(*address)
	}
	var navigation []NavigationLink
	for _, link := range s.Navigation {
		link.Label, link.Address = field.Line(link.Label), strings.TrimSpace(link.Address)
		if link != (NavigationLink{}) {
			navigation = append(navigation, link)
		}
	}
	s.Navigation = navigation
	var profiles []string
	for _, address := range s.RelMe {
		address = strings.TrimSpace(address)
		if address != "" && !slices.Contains(profiles, address) {
			profiles = append(profiles, address)
		}
	}
	s.RelMe = profiles
}
