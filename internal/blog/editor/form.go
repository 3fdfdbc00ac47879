package editor

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/content/settings"
)

// postForm is the form of a post.
type postForm struct {
	formFields
	post.Document
	// Address is where the form is submitted.
	Address string
	// ID and Revision identify the version that is edited. 0: the post is new.
	ID, Revision int64
	// State describes whether readers see the stored post, and Page is where they do. Empty: it is not stored, and they
	// do not.
	State, Page string
	// Link is the whole address at which readers find the post as it was last written, now or when it is published. Empty: it is
	// not stored.
	Link string
	// Pending says that the stored post has changes that readers do not see.
	Pending bool
	// Share is the link to what readers do not see yet. Empty: there is none.
	Share string
	// TagList, Place and Day are the tags, the place in the navigation and the date as they are in their fields, and Zone is
	// the time zone of the date, for people. Undated says that the author has cleared the date.
	TagList, Place, Day, Zone string
	Undated                   bool
	// Written is the language of the title and the text.
	Written language.Language
	// Slugless says that the address follows the title: nobody has written one.
	Slugless bool
	// Unsaved says that the form shows what was submitted, and not what is stored.
	Unsaved bool
	// Redirects says that the address leads to another post, which had it before. The author can take it.
	Redirects bool
	// Dated is the date of the stored post, exactly. Empty: it has none.
	Dated string
	// Notice says what was just done. Empty: nothing.
	Notice string
	// LoggedOut says that the session has ended since the form was opened.
	LoggedOut bool
	// Conflict compares the form with its post, if that was changed since the form was opened. nil: it was not.
	Conflict *conflictView
	// Published says that readers see since just now what was written.
	Published bool
	// Preview is the rendered content. Empty: it is not shown. Previewed says that it was rendered, which may leave nothing. Notes are
	// about what it shows otherwise than it was written, and Warnings about what may be missing.
	Preview         template.HTML
	Previewed       bool
	Notes, Warnings []render.Note
	// rendered is what the Preview is of.
	rendered post.Preview
	// cover is the picture of the Cover, if that is an upload.
	cover render.Picture
	// Pictures are uploads to choose a cover from.
	Pictures []uploadItem
	// Article is the post with the Preview, as readers would see it. Empty: it is not shown.
	Article template.HTML
}

func newForm() *postForm {
	return &postForm{formFields: formFields{Errors: map[string]string{}, prefix: "editor"}, Address: newPath}
}

// formOf returns the form of a stored post, with its pending changes. The settings of the blog have been read.
func formOf(r *request, source post.Source) *postForm {
	f := newForm()
	f.Document = source.Latest()
	f.TagList = strings.Join(f.Tags, ", ")
	if f.Document.Page {
		f.Place = strconv.Itoa(f.Position)
	}
	if !f.Date.IsZero() {
		f.Day = settings.FormatLocal(f.Date, r.clock().zone)
	}
	f.Slugless = f.Draft && f.HasDerivedSlug()
	f.setStored(r, source)
	return f
}

// setStored makes the form edit a version of the stored post.
func (f *postForm) setStored(r *request, source post.Source) {
	f.describe(r, source)
	f.Address = site.EditPath(source.Slug)
	f.ID, f.Revision, f.Dated = source.ID, source.UpdatedAt.UnixMicro(), ""
	if latest := source.Latest(); !latest.Date.IsZero() {
		f.Dated = latest.Date.UTC().Format(time.RFC3339Nano)
	}
}

// describe says what readers see of the stored post, whichever version the form edits.
func (f *postForm) describe(r *request, source post.Source) {
	author := r.clock()
	state, public := author.state(source.State(r.now), source.Date)
	f.State = state
	if f.Page = ""; public {
		f.Page = site.PostPath(source.Slug)
	}
	latest := source.Latest()
	f.Link = r.tenant.Origin + site.PostPath(latest.Slug)
	if f.Pending = source.Pending != nil; f.Pending {
		f.State = "Changes of " + author.time(source.UpdatedAt) + " are not public yet"
	}
	if f.Share = ""; source.ShareToken != "" {
		f.Share = r.tenant.Origin + site.SharePath(post.Share{ID: source.ID, Token: source.ShareToken})
	}
}

// version returns the version that is edited.
func (f *postForm) version() post.Version {
	if f.ID == 0 {
		return post.Version{}
	}
	return post.Version{ID: f.ID, UpdatedAt: time.UnixMicro(f.Revision).UTC()}
}

// textFields returns the fields of a document that are text, by the names that they have in forms and in errors.
func textFields(d *post.Document) map[string]*string {
	return map[string]*string{
		"title": &d.Title, "slug": &d.Slug, "author": &d.Author, "content": &d.Content, "excerpt": &d.Excerpt, "description": &d.Description,
		"canonical_url": &d.CanonicalURL, "cover": &d.Cover, "cover_alt": &d.CoverAlt, "language": &d.Language, "link": &d.Link,
	}
}

// fill sets what the fields of the page hold.
func (f *postForm) fill() {
	f.values = map[string]string{
		"tags": f.TagList, "date": f.Day, "position": f.Place,
		"unlisted": checkValue(f.Unlisted), "pinned": checkValue(f.Pinned), "page": checkValue(f.Document.Page),
	}
	for name, text := range textFields(&f.Document) {
		f.values[name] = *text
	}
}

// setError shows an error at its field, or above the form if that has no such field.
func (f *postForm) setError(name, sentence string) {
	if f.fill(); name != "" {
		if _, ok := f.values[name]; !ok {
			name = ""
		}
	}
	f.Errors[name] = sentence
}

// DetailsWrong reports whether a field of the details has an error.
func (f *postForm) DetailsWrong() bool {
	for name := range f.Errors {
		if name != "" && name != "title" && name != "content" {
			return true
		}
	}
	return false
}
