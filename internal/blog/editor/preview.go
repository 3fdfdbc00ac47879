package editor

import (
	"html/template"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/article"
	"github.com/echoblogs/echoblogs/internal/content/field"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/theme"
)

// article returns the post of a form as the page for readers shows it, with the rendered content that the form has. Addresses with
// which it cannot be saved are left out: they have not been checked.
func (f *postForm) article(r *request) template.HTML {
	d := f.Document
	shown := post.Post{HTML: string(f.Preview), Excerpt: d.Excerpt}
	shown.Title, shown.Author, shown.PublishedAt = d.Title, d.Author, f.dateShown(r)
	shown.Tags, shown.ContentBytes = d.Tags, len(d.Content)
	shown.Language, shown.Direction = f.Written.Tag, f.rendered.Direction()
	if about := f.rendered.Link(); field.IsWebAddress(about) {
		shown.Link = about
	}
	if field.IsImageAddress(d.Cover) {
		shown.Cover, shown.CoverAlt, shown.CoverPicture = d.Cover, d.CoverAlt, f.cover
	}
	if !d.Draft {
		shown.UpdatedAt = r.now
	}
	return template.HTML(article.WritePreview(nil, shown, r.dates())) //nolint:gosec // it escapes what is not sanitized
}

// dates returns how the theme of the blog writes dates.
func (r *request) dates() article.Dates {
	name := ""
	if r.set != nil {
		name = r.set.Theme
	}
	return article.Dates{Zone: r.clock().zone, Layout: theme.Find(name).Date}
}

// dateShown returns the date of the form. A post without one has that of today until it is published.
func (f *postForm) dateShown(r *request) time.Time {
	if at, ok := settings.ParseLocal(strings.Replace(f.Day, " ", "T", 1), r.clock().zone); ok {
		return at
	}
	return r.now
}
