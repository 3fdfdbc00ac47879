package editor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// newPost shows an empty form.
func (e *Editor) newPost(w http.ResponseWriter, r *request) error {
	set, err := e.settings(r)
	if err != nil {
		return err
	}
	f := newForm()
	f.Author, f.Draft, f.Slugless = cmp.Or(set.Author, r.username), true, true
	return e.showForm(w, r, f, http.StatusOK)
}

// edit shows the form of a post, and the rendered post if it was just saved.
func (e *Editor) edit(w http.ResponseWriter, r *request) error {
	source, err := e.findPost(r)
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	set, err := e.settings(r)
	if err != nil {
		return err
	}
	f := formOf(r, source)
	done := r.URL.Query().Get("done")
	// The notes under the text. They are missing if the blog has no turn to render the post, or if it is beyond the limits.
	var invalid *post.InvalidError
	if err := e.render(r, f, set.SmartPunctuation); err != nil && !errors.Is(err, site.ErrBusy) && !errors.As(err, &invalid) {
		return err
	}
	if f.Notice = f.notice(done); f.Notice == "" {
		f.Preview = "" // only what was saved is shown as readers see it
	}
	f.Published = (done == "published" || done == "updated") && f.Page != ""
	return e.showForm(w, r, f, http.StatusOK)
}

// notice returns the sentence about what was done with the stored post.
func (f *postForm) notice(done string) string {
	switch {
	case (done == "published" || done == "updated") && f.Page == "":
		done = "scheduled"
	case done == "saved" && f.Pending:
		done = "kept"
	}
	return notices[done]
}

// findPost returns the post that the path names, or post.ErrNotFound.
func (e *Editor) findPost(r *request) (source post.Source, err error) {
	slug := r.PathValue("slug")
	if !post.IsSlug(slug) {
		return post.Source{}, post.ErrNotFound
	}
	return e.find(r, slug)
}

func (e *Editor) find(r *request, slug string) (source post.Source, err error) {
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		source, err = r.posts().Find(ctx, db, slug)
		return err
	})
	return source, err
}

// languageOf returns the language of a document: that of the blog, if its letters do not say one.
func (r *request) languageOf(d *post.Document) language.Language {
	written := d.FindLanguage()
	if r.set != nil {
		written.Tag = r.set.LanguageOf(written.Tag)
	}
	return written
}

func (e *Editor) showForm(w http.ResponseWriter, r *request, f *postForm, status int) error {
	f.ReadOnly, f.Zone = r.readOnlyReason(), zoneName(r.clock().zone)
	f.Written = r.languageOf(&f.Document)
	if f.Preview != "" {
		f.Article = f.article(r)
	}
	f.fill()
	f.Unsaved = r.Method == http.MethodPost // a redirect follows what is saved
	title := "New post"
	if f.ID != 0 {
		title = "Edit " + nameInForms(&f.Document)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(site.RetryAfter.Seconds())))
	}
	if r.fromScript() {
		e.renderBeside(r, f, status)
		return e.answerScript(w, f, status)
	}
	f.Pictures = e.suggestPictures(r, status)
	return e.show(w, r, view{name: "edit", tool: "editor", title: title, Data: f, status: status})
}
