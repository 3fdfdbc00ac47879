package editor

import (
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
)

// sends reports whether the form of a request has a field.
func (r *request) sends(name string) bool {
	_, sent := r.PostForm[name]
	return sent
}

// submittedVersion returns the version of a post that a form is about.
func submittedVersion(r *request) post.Version {
	f := postForm{ID: number(r.PostFormValue("id")), Revision: revision(r.PostFormValue("revision"))}
	return f.version()
}

// submitted returns the form that was submitted. Its date and its place in the navigation have not been parsed.
func submitted(r *request) *postForm {
	f := newForm()
	f.ID, f.Revision = number(r.PostFormValue("id")), revision(r.PostFormValue("revision"))
	if r.sends("replace") { // the version that the author has compared the form with
		f.Revision = revision(r.PostFormValue("replace"))
	}
	if slug := r.PathValue("slug"); f.ID != 0 && slug != "" {
		f.Address = site.EditPath(slug)
	}
	for name, text := range textFields(&f.Document) {
		*text = r.PostFormValue(name)
	}
	f.TagList, f.Place = r.PostFormValue("tags"), strings.TrimSpace(r.PostFormValue("position"))
	f.Day, f.Dated = strings.TrimSpace(r.PostFormValue("date")), r.PostFormValue("dated")
	f.Tags = splitTags(f.TagList)
	f.Draft, f.Unlisted = r.PostFormValue("draft") != "", r.PostFormValue("unlisted") != ""
	f.Document.Page, f.Pinned = r.PostFormValue("page") != "", r.PostFormValue("pinned") != ""
	f.Slugless = strings.TrimSpace(f.Slug) == "" && (f.ID == 0 || r.sends("slug"))
	pinned := f.Pinned
	f.Normalize()
	f.Pinned = pinned // its mark stays, even if it has no effect on a page
	return f
}

// parse reads the fields that are not text. The settings of the blog have been read.
func (f *postForm) parse(r *request) {
	zone := r.clock().zone
	dated, _ := time.Parse(time.RFC3339Nano, f.Dated)
	switch at, ok := settings.ParseLocal(strings.Replace(f.Day, " ", "T", 1), zone); {
	case !r.sends("date"):
	case f.Day == "":
		f.Undated = f.Draft
	case !ok:
		f.Errors["date"] = "Enter a date and a time, such as 2027-01-31 18:30."
	case !dated.IsZero() && settings.FormatLocal(dated, zone) == settings.FormatLocal(at, zone):
		f.Date = dated // the field has no seconds, and not both hours when clocks are set back
	default:
		f.Date = at
	}
	if f.Place != "" && f.Document.Page {
		place, err := strconv.Atoi(f.Place)
		if f.Position = place; err != nil {
			f.Errors["position"] = "Enter a number, such as 1."
		}
	}
}

// document returns the document of the form. Fields that it does not have are those of the stored post.
func (f *postForm) document(r *request, stored post.Document) post.Document {
	document, written := stored, textFields(&f.Document)
	for name, text := range textFields(&document) {
		if r.sends(name) {
			*text = *written[name]
		}
	}
	if r.sends("tags") {
		document.Tags = f.Tags
	}
	if r.sends("details") { // boxes without a check mark are not sent
		document.Unlisted, document.Pinned, document.Page, document.Position = f.Unlisted, f.Pinned, f.Document.Page, f.Position
	}
	document.Date, document.Draft = f.Date, f.Draft
	return document
}
