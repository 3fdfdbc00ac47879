package editor

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// postForm is the form of a post.
type postForm struct {
	post.Document
	// Address is where the form is submitted.
	Address string
	// ID and Revision identify the version that is edited. 0: the post is new.
	ID, Revision int64
	// State describes whether readers see the stored post, and Page is where they do. Empty: it is not stored, and they
	// do not.
	State, Page string
	// Day is the date of the post as it is in its field, such as 2027-01-31. Undated says that the author has cleared it.
	Day     string
	Undated bool
	// Slugless says that the address follows the title: nobody has written one.
	Slugless bool
	// Dated is the date of the stored post, exactly. Empty: it has none.
	Dated string
	// Errors are sentences by the names of the fields. The empty name stands for the form as a whole.
	Errors map[string]string
	// Notice says what was just done, and ReadOnly why the blog cannot be changed. Empty: nothing, and it can.
	Notice, ReadOnly string
	// LoggedOut says that the session has ended since the form was opened.
	LoggedOut bool
	// Stored is the stored post, if it was changed since the form was opened.
	Stored *post.Source
	// Preview is the rendered content. Empty: it is not shown. Notes are about what it shows otherwise than it was written.
	Preview template.HTML
	Notes   []render.Note
}

func newForm() *postForm {
	return &postForm{Address: newPath, Errors: map[string]string{}}
}

// formOf returns the form of a stored post.
func formOf(source post.Source, now time.Time) *postForm {
	f := newForm()
	f.Document = source.Document
	if !f.Date.IsZero() {
		f.Day = f.Date.UTC().Format(time.DateOnly)
	}
	f.Slugless = f.Draft && f.HasDerivedSlug()
	f.setStored(source, now)
	return f
}

// setStored makes the form edit a version of the stored post.
func (f *postForm) setStored(source post.Source, now time.Time) {
	state, public := "Draft", false
	if !source.Draft {
		state, public = clock{now, time.UTC}.state(source.State(now), source.Date)
	}
	f.Address, f.State = site.EditPath(source.Slug), state
	if public {
		f.Page = site.PostPath(source.Slug)
	}
	f.ID, f.Revision = source.ID, source.UpdatedAt.UnixMicro()
	f.Dated = ""
	if !source.Date.IsZero() {
		f.Dated = source.Date.UTC().Format(time.RFC3339Nano)
	}
}

// version returns the version that is edited.
func (f *postForm) version() post.Version {
	if f.ID == 0 {
		return post.Version{}
	}
	return post.Version{ID: f.ID, UpdatedAt: time.UnixMicro(f.Revision).UTC()}
}

// submittedVersion returns the version that a form is about.
func submittedVersion(r *request) post.Version {
	f := postForm{ID: number(r.PostFormValue("id")), Revision: number(r.PostFormValue("revision"))}
	return f.version()
}

// newPost shows an empty form.
func (e *Editor) newPost(w http.ResponseWriter, r *request) error {
	f := newForm()
	f.Author, f.Draft = r.username, true
	return e.showForm(w, r, f, http.StatusOK)
}

// edit shows the form of a post, and the rendered post if it was just saved.
func (e *Editor) edit(w http.ResponseWriter, r *request) error {
	source, err := e.findPost(r)
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	f := formOf(source, r.now)
	done := r.URL.Query().Get("done")
	if done == "published" && f.Page == "" {
		done = "scheduled"
	}
	if f.Notice = notices[done]; f.Notice != "" {
		var html string
		err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
			html, err = r.posts().HTML(ctx, db, source.ID)
			return err
		})
		if err != nil && !errors.Is(err, post.ErrNotFound) {
			return err
		}
		f.Preview = template.HTML(html) //nolint:gosec // it was sanitized when the post was saved
	}
	return e.showForm(w, r, f, http.StatusOK)
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

func (e *Editor) showForm(w http.ResponseWriter, r *request, f *postForm, status int) error {
	f.ReadOnly = r.readOnlyReason()
	title := "New post"
	if f.ID != 0 {
		title = "Edit " + f.Title
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(site.RetryAfter.Seconds())))
	}
	if r.fromScript() {
		return e.answerScript(w, f, status)
	}
	return e.show(w, r, view{name: "edit", tool: "editor", title: title, Data: f, status: status})
}
