package editor

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// saveTimeout bounds the wait for a connection and the transaction of a save.
const saveTimeout = 10 * time.Second

// The actions of the form's buttons.
const (
	actionPublish   = "publish"
	actionUnpublish = "unpublish"
	actionPreview   = "preview"
)

// save stores the post of a form. Whatever fails, the form is shown again, so that its text is never lost.
func (e *Editor) save(w http.ResponseWriter, r *request) error {
	identified := e.identify(r)
	release, ok := e.parseForm(w, r)
	if !ok {
		return nil
	}
	defer release()
	f := submitted(r)
	switch {
	case identified != nil:
		return e.saveFailed(w, r, f, identified)
	case r.username == "":
		f.LoggedOut = true
		return e.showForm(w, r, f, http.StatusForbidden)
	case r.PostFormValue("action") == actionPreview:
		return e.preview(w, r, f)
	}
	if f.Errors["date"] != "" {
		return e.showForm(w, r, f, http.StatusUnprocessableEntity)
	}
	quota, refusal, err := e.authorize(r)
	switch {
	case err != nil:
		return e.saveFailed(w, r, f, err)
	case refusal != "":
		f.Errors[""] = refusal
		return e.showForm(w, r, f, http.StatusForbidden)
	}
	return e.store(w, r, f, quota)
}

// submitted returns the form that was submitted.
func submitted(r *request) *postForm {
	f := newForm()
	f.ID, f.Revision = number(r.PostFormValue("id")), number(r.PostFormValue("revision"))
	if slug := r.PathValue("slug"); f.ID != 0 && slug != "" {
		f.Address = site.EditPath(slug)
	}
	f.Document = post.Document{
		Title: r.PostFormValue("title"), Slug: r.PostFormValue("slug"), Author: r.PostFormValue("author"),
		Content: r.PostFormValue("content"), Draft: r.PostFormValue("draft") != "",
	}
	f.Slugless = strings.TrimSpace(f.Slug) == ""
	f.Normalize()
	f.parseDay(r)
	return f
}

// parseDay reads the field of the date. It has no time of day, so a date that the author has not changed stays as it is.
func (f *postForm) parseDay(r *request) {
	_, sent := r.PostForm["date"]
	f.Day, f.Dated = strings.TrimSpace(r.PostFormValue("date")), r.PostFormValue("dated")
	dated, _ := time.Parse(time.RFC3339Nano, f.Dated)
	switch day, err := time.Parse(time.DateOnly, f.Day); {
	case !sent:
	case f.Day == "":
		f.Undated = f.Draft
	case err != nil || day.Year() < 1:
		f.Errors["date"] = "Enter a date such as 2027-01-31."
	case !dated.IsZero() && dated.UTC().Format(time.DateOnly) == f.Day:
		f.Date = dated
	default:
		f.Date = day
	}
}

// preview shows the form with its rendered content.
func (e *Editor) preview(w http.ResponseWriter, r *request, f *postForm) error {
	var rendered render.Result
	err := e.rendering(r, func() (err error) {
		rendered, err = post.Render(f.Content, render.Options{})
		return err
	})
	if err != nil {
		return e.refused(w, r, f, err)
	}
	f.Preview, f.Notes = template.HTML(rendered.HTML), rendered.Notes //nolint:gosec // it is sanitized
	return e.showForm(w, r, f, http.StatusOK)
}

func (e *Editor) store(w http.ResponseWriter, r *request, f *postForm, quota post.Quota) error {
	document, set, err := e.readBeforeSave(r, f)
	if err != nil {
		return e.saveFailed(w, r, f, err)
	}
	done := "saved"
	switch r.PostFormValue("action") {
	case actionPublish:
		document.Draft, done = false, "published"
	case actionUnpublish:
		document.Draft, done = true, "unpublished"
	}
	saved, err := e.prepareAndWrite(r, post.SaveRequest{
		Document: document, Base: f.version(), Numbered: f.Slugless, Undated: f.Undated,
		SmartPunctuation: set.SmartPunctuation, Zone: set.Location(), Quota: quota, Now: r.now,
	})
	if err != nil {
		return e.refused(w, r, f, err)
	}
	if !r.fromScript() {
		web.SeeOther(w, r.Request, site.EditPath(saved.Slug)+"?done="+done)
		return nil
	}
	source, err := e.find(r, saved.Slug)
	if err != nil { // it has been saved, but the version is unknown: the script saves it again
		return e.saveFailed(w, r, f, err)
	}
	stored := formOf(source, r.now)
	stored.Notice, stored.Notes = notices[done], saved.Notes
	return e.showForm(w, r, stored, http.StatusOK)
}

// readBeforeSave returns the settings of the blog and the document of a form, with the stored values of the fields that the form
// does not have. A post that was changed or deleted since is refused when it is written.
func (e *Editor) readBeforeSave(r *request, f *postForm) (document post.Document, set settings.Stored, err error) {
	var stored post.Source
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		if set, err = settings.NewStore(r.tenant.SchemaName).Load(ctx, db); err != nil || f.ID == 0 {
			return err
		}
		stored, err = r.posts().FindByID(ctx, db, f.ID)
		return err
	})
	if err != nil && !errors.Is(err, post.ErrNotFound) {
		return post.Document{}, settings.Stored{}, err
	}
	document = stored.Document
	document.Title, document.Slug, document.Author, document.Content = f.Title, f.Slug, f.Author, f.Content
	document.Date, document.Draft = f.Date, f.Draft
	return document, set, nil
}

// prepareAndWrite saves a post: it renders it when it is the blog's turn, and then writes it. Its errors are those of post.Save,
// and site.ErrBusy.
func (e *Editor) prepareAndWrite(r *request, save post.SaveRequest) (saved post.Saved, err error) {
	var prepared post.Prepared
	err = e.rendering(r, func() (err error) {
		prepared, err = post.Prepare(save)
		return err
	})
	if err != nil {
		return post.Saved{}, err
	}
	err = e.write(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		saved, err = r.posts().Write(ctx, db, prepared)
		return err
	})
	return saved, err
}

// write calls work, which changes something, with a connection. It does not end with the request.
func (e *Editor) write(r *request, work func(ctx context.Context, db postgres.Beginner) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), saveTimeout)
	defer cancel()
	return e.connections.Use(ctx, r.tenant.ID, func(db postgres.Beginner) error { return work(ctx, db) })
}

// rendering calls work, which renders a post, when it is the blog's turn.
func (e *Editor) rendering(r *request, work func() error) error {
	release, err := acquire(r.Context(), e.capacity.rendering, r.tenant.ID, renderWait)
	if err != nil {
		return err
	}
	defer release()
	return work()
}

// refused shows the form again with the reason why it was not saved.
func (e *Editor) refused(w http.ResponseWriter, r *request, f *postForm, err error) error {
	name, sentence := sentenceOf(err)
	switch {
	case sentence != "":
		f.setError(name, sentence)
	case errors.Is(err, post.ErrNotFound), errors.Is(err, post.ErrChanged):
		return e.changed(w, r, f)
	default:
		return e.saveFailed(w, r, f, err)
	}
	return e.showForm(w, r, f, http.StatusUnprocessableEntity)
}

// sentenceOf returns what an author can do about an error of a save, and the field that it is about. Empty: nothing, and none.
func sentenceOf(err error) (name, sentence string) {
	var (
		invalid *post.InvalidError
		full    *post.QuotaError
	)
	switch {
	case errors.As(err, &invalid):
		return invalid.Field, invalid.Sentence
	case errors.As(err, &full):
		return "", full.Error()
	case errors.Is(err, post.ErrSlugRedirects):
		return "slug", "This address leads to another post, which had it before. Choose a different one."
	case errors.Is(err, post.ErrSlugTaken):
		return "slug", "Another post has this address. Choose a different one."
	}
	return "", ""
}

// setError shows an error at its field, or above the form if that has no such field.
func (f *postForm) setError(name, sentence string) {
	switch name {
	case "title", "slug", "author", "content":
		f.Errors[name] = sentence
	default:
		f.Errors[""] = sentence
	}
}

// changed shows the form with the post that was changed since the form was opened. Saving again replaces that post.
func (e *Editor) changed(w http.ResponseWriter, r *request, f *postForm) error {
	var stored post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		stored, err = r.posts().FindByID(ctx, db, f.ID)
		return err
	})
	switch {
	case errors.Is(err, post.ErrNotFound):
		f.Errors[""] = "This post was deleted after you opened it, in another window or by someone else. Your text is still here: save it to create a new post."
		f.ID, f.Revision, f.Address = 0, 0, newPath
	case err != nil:
		return e.saveFailed(w, r, f, err)
	default:
		f.Errors[""] = "This post was changed after you opened it, in another window or by someone else. Nothing was saved, and your text is still here. " +
			"Compare it with the current post below. Save again to replace that post."
		f.setStored(stored, r.now)
		f.Draft, f.Stored = stored.Draft, &stored
	}
	return e.showForm(w, r, f, http.StatusConflict)
}

// saveFailed shows the form again when the database is unavailable, or too much is being done for the blog.
func (e *Editor) saveFailed(w http.ResponseWriter, r *request, f *postForm, cause error) error {
	if errors.Is(cause, site.ErrBusy) {
		f.Errors[""] = "Too many changes to this blog are in progress, so the post was not saved. Your text is still here: save it again in a few seconds."
		return e.showForm(w, r, f, http.StatusTooManyRequests)
	}
	e.LogFailure(r.Request, r.tenant, cause)
	f.Errors[""] = "The database is not responding, so the post may not have been saved. Your text is still here: save it again in a few seconds."
	return e.showForm(w, r, f, http.StatusServiceUnavailable)
}
