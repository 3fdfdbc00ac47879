package reader

import (
	"cmp"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/web"
)

// theme returns the theme of the blog.
func (r *request) theme() *theme.Theme { return theme.Find(r.settings.Theme) }

// page returns the layout of a page, by the settings of the blog. The blog's pages come first in its navigation.
func (r *request) page(title string) web.Page {
	set, page := &r.settings, site.Page(r.tenant, title)
	page.Tagline, page.Footer, page.Profiles, page.NoIndex = set.Tagline, set.FooterHTML, set.RelMe, set.Hidden
	page.Theme, page.NewWindows = r.site.ThemeOf(set.Theme, set.Accent), r.previewing
	if set.Language != "" {
		page.Language, page.Direction = set.Language, language.Of(set.Language).Direction()
	}
	for _, p := range r.pages {
		link := web.Link{Address: site.PostPath(p.Slug), Text: cmp.Or(p.Name(), p.Slug), Authored: true, Language: r.languageOf(p.Language)}
		link.Current = link.Address == r.URL.EscapedPath()
		page.Links = append(page.Links, link)
	}
	for _, l := range set.Navigation {
		page.Links = append(page.Links, web.Link{
			Address: l.Address, Text: l.Label, Authored: true, Language: r.languageOf(language.Guess(l.Label).Tag), Current: l.Address == r.URL.EscapedPath(),
		})
	}
	for _, own := range ownPages {
		own.Current = own.Address == r.URL.Path
		page.Links = append(page.Links, own)
	}
	page.OwnerLinks = r.ownerLinks()
	return page
}

// ownPages are the pages that every blog has, at the end of the navigation.
var ownPages = []web.Link{{Address: site.ArchivePath, Text: "Archive"}, {Address: site.SearchPath, Text: "Search"}, {Address: site.SubscribePath, Text: "Subscribe"}}

// ownerLinks returns the links for the owner of the blog. nil: the client is not the owner, or looks at another theme.
func (r *request) ownerLinks() []web.Link {
	if r.username == "" || r.previewing {
		return nil
	}
	return site.OwnerLinks(r.tenant)
}

// zone returns the time zone of the blog.
func (r *request) zone() *time.Location { return r.settings.Location() }

// nameOf returns what names a post: its title, its first words, or its date.
func (r *request) nameOf(e post.Entry) string {
	return cmp.Or(e.Name(), e.PublishedAt.In(r.zone()).Format("2 January 2006"))
}

// languageOf returns the language of a text in which the given one was found.
func (r *request) languageOf(found string) string { return r.settings.LanguageOf(found) }

// markUp completes the direction and the language of a post, which the former version of the program has not stored.
func (r *request) markUp(e *post.Entry) {
	if e.Direction == "" {
		text := language.Guess(e.Title + " " + e.Summary)
		e.Direction, e.Language = text.Direction(), text.Tag
	}
	e.Language = r.languageOf(e.Language)
}

// writeAbout writes who writes the blog, if the author says so.
func (r *request) writeAbout(m web.HTMLWriter) web.HTMLWriter {
	set := &r.settings
	if set.AboutHTML == "" && set.AuthorPicture == "" {
		return m
	}
	m = m.HTML("<section class=\"about column h-card\">\n")
	if set.AuthorPicture != "" {
		m = m.HTML("<img class=\"u-photo\" src=\"").Text(set.AuthorPicture).HTML("\" alt=\"\" width=\"96\" height=\"96\" loading=\"lazy\">\n")
	}
	if set.Author != "" {
		m = m.HTML("<h2 class=\"p-name\" dir=\"auto\" lang=\"\">").Text(set.Author).HTML("</h2>\n")
	} else {
		m = m.HTML("<h2 lang=\"en\">About</h2>\n")
	}
	return m.HTML("<div class=\"prose\" dir=\"auto\" lang=\"").Text(set.Language).HTML("\">\n").Sanitized(set.AboutHTML).HTML("</div>\n</section>\n")
}

// absolute returns the URL of an address of the blog, or of another site.
func (r *request) absolute(address string) string {
	if strings.HasPrefix(address, "/") {
		return r.tenant.Origin + address
	}
	return address
}
