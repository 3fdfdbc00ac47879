package editor

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
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
	// actionShare and actionUnshare make and revoke the link to a post, and save it as every other action does.
	actionShare   = "share"
	actionUnshare = "unshare"
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

// preview shows the form with its rendered content.
func (e *Editor) preview(w http.ResponseWriter, r *request, f *postForm) error {
	set, err := e.settings(r)
	if err != nil {
		return e.saveFailed(w, r, f, err)
	}
	if _, err := e.readStored(r, f); err != nil {
		return e.saveFailed(w, r, f, err)
	}
	if err := e.render(r, f, set.SmartPunctuation); err != nil {
		return e.refused(w, r, f, err)
	}
	return e.showForm(w, r, f, http.StatusOK)
}

// render renders the document of a form when it is the blog's turn.
func (e *Editor) render(r *request, f *postForm, smartPunctuation bool) error {
	var preview post.Preview
	err := e.rendering(r, func() (err error) {
		preview, err = post.RenderPreview(f.Document, smartPunctuation)
		return err
	})
	if err != nil {
		return err
	}
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		if err := r.posts().ShowPictures(ctx, db, &preview); err != nil {
			return err
		}
		f.cover, err = r.posts().FindPicture(ctx, db, f.Cover)
		return err
	})
	if err != nil {
		return err
	}
	f.Previewed, f.rendered = true, preview
	f.Preview, f.Notes, f.Warnings = template.HTML(preview.HTML()), preview.Notes(), preview.Warnings() //nolint:gosec // it is sanitized
	f.Written = r.languageOf(&f.Document)
	f.Article = f.article(r)
	return nil
}

func (e *Editor) store(w http.ResponseWriter, r *request, f *postForm, quota post.Quota) error {
	action := r.PostFormValue("action")
	if action == actionUnshare { // whether the post can be saved or not
		if err := e.setShared(r, f.ID, false); err != nil {
			return e.saveFailed(w, r, f, err)
		}
	}
	set, err := e.settings(r)
	if err != nil {
		return e.saveFailed(w, r, f, err)
	}
	stored, err := e.readStored(r, f)
	if err != nil {
		return e.saveFailed(w, r, f, err)
	}
	if f.parse(r); len(f.Errors) > 0 {
		return e.showForm(w, r, f, http.StatusUnprocessableEntity)
	}
	save := post.SaveRequest{
		Document: f.document(r, stored), Base: f.version(), Numbered: f.Slugless, Undated: f.Undated,
		TakeRedirect: r.PostFormValue("take_redirect") != "", Autosave: r.PostFormValue("autosave") != "",
		SmartPunctuation: set.SmartPunctuation, Zone: set.Location(), Quota: quota, Now: r.now,
	}
	done := setAction(&save, action, f)
	saved, err := e.prepareAndWrite(r, save)
	if err != nil {
		return e.refused(w, r, f, err)
	}
	if action == actionShare {
		err = e.setShared(r, saved.Version.ID, true)
	}
	if err == nil && !r.fromScript() {
		web.SeeOther(w, r.Request, site.EditPath(saved.Slug)+"?done="+done)
		return nil
	}
	return e.answerSaved(w, r, f, saved, done, err)
}

// setAction makes a save do what a button says, and returns the name of its notice. Only the buttons to publish and to unpublish
// change what readers see.
func setAction(save *post.SaveRequest, action string, f *postForm) (done string) {
	switch action {
	case actionPublish:
		save.Document.Draft = false
		if f.ID != 0 && !f.Draft {
			return "updated"
		}
		return "published"
	case actionUnpublish:
		save.Document.Draft = true
		return "unpublished"
	}
	save.Unpublished = true
	switch action {
	case actionShare:
		return "shared"
	case actionUnshare:
		return "unshared"
	}
	return "saved"
}

// answerSaved tells the script which version it edits now. If that is unknown, because err is not nil, it saves again.
func (e *Editor) answerSaved(w http.ResponseWriter, r *request, f *postForm, saved post.Saved, done string, err error) error {
	var source post.Source
	if err == nil {
		source, err = e.find(r, saved.Slug)
	}
	if err != nil {
		return e.saveFailed(w, r, f, err)
	}
	stored := formOf(r, source)
	stored.Notice, stored.Notes, stored.Warnings = stored.notice(done), saved.Notes, saved.Warnings
	return e.showForm(w, r, stored, http.StatusOK)
}

// setShared makes the link to a post, or revokes it.
func (e *Editor) setShared(r *request, id int64, shared bool) error {
	return e.write(r, func(ctx context.Context, db postgres.Beginner) error {
		if !shared {
			return r.posts().StopSharing(ctx, db, id)
		}
		_, err := r.posts().StartSharing(ctx, db, id)
		return err
	})
}

// readStored returns the stored document of a form, as it was last written, and makes the form say what readers see of it. A post that
// was changed or deleted since is refused when it is written.
func (e *Editor) readStored(r *request, f *postForm) (post.Document, error) {
	if f.ID == 0 {
		return post.Document{}, nil
	}
	var stored post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		stored, err = r.posts().FindByID(ctx, db, f.ID)
		return err
	})
	switch {
	case errors.Is(err, post.ErrNotFound):
		return post.Document{}, nil
	case err != nil:
		return post.Document{}, err
	}
	f.describe(r, stored)
	return stored.Latest(), nil
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
	return e.connections.Use(ctx, r.tenant.ID, func(conn *postgres.Conn) error { return work(ctx, conn) })
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
		f.Redirects = errors.Is(err, post.ErrSlugRedirects)
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
		return "slug", "This address leads to another post, which had it before. Choose a different one, or take it from that post."
	case errors.Is(err, post.ErrSlugTaken):
		return "slug", "Another post has this address. Choose a different one."
	}
	return "", ""
}

// changed shows the form when its post was changed or deleted since the form was opened.
func (e *Editor) changed(w http.ResponseWriter, r *request, f *postForm) error {
	var stored post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		stored, err = r.posts().FindByID(ctx, db, f.ID)
		return err
	})
	switch {
	case err == nil:
		return e.showConflict(w, r, f, stored)
	case !errors.Is(err, post.ErrNotFound):
		return e.saveFailed(w, r, f, err)
	}
	f.Errors[""] = "This post was deleted after you opened it, in another window or by someone else. Your text is still here: save it to create a new post."
	f.ID, f.Revision, f.Address = 0, 0, newPath
	f.State, f.Page, f.Link, f.Share, f.Pending = "", "", "", "", false
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
