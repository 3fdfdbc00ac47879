package blog

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
)

// What the buttons of the editor ask for.
const (
	actionSave      = "save"
	actionPublish   = "publish"
	actionUnpublish = "unpublish"
	actionPreview   = "preview"
)

// editor is the form that a post is written in.
type editor struct {
	post.Document
	// Address is where the form is sent to.
	Address string
	// ID and Revision are of the version that the edit began from. 0: the post is new.
	ID, Revision int64
	// State says whether readers see the post as it is stored, and Page is where they do. Empty: it is not stored, and
	// they do not.
	State, Page string
	// Errors are sentences by the names of the fields. The empty name stands for the form as a whole.
	Errors map[string]string
	// Notice says what was just done, and Paused why nothing can be changed. Empty: nothing, and it can.
	Notice, Paused string
	// LoggedOut says that the session has ended since the form was opened.
	LoggedOut bool
	// Stored is the post as somebody else has changed it meanwhile. nil: nobody has.
	Stored *post.Source
	// Preview is the content as readers will see it. Empty: it is not shown.
	Preview template.HTML
}

func newEditor() *editor {
	return &editor{Address: writeNewPath, Errors: map[string]string{}}
}

// editorOf is the form for a post as it is stored.
func editorOf(source post.Source, now time.Time) *editor {
	e := newEditor()
	e.Document = source.Document
	e.asStored(source, now)
	return e
}

// asStored says where the post as it is stored is.
func (e *editor) asStored(source post.Source, now time.Time) {
	state, public := stateOf(source.Date, now)
	e.Address, e.State = writePath+source.Slug+"/", state
	if public {
		e.Page = "/" + source.Slug + "/"
	}
	e.ID, e.Revision = source.ID, source.UpdatedAt.UnixMicro()
}

// version is the one that the edit began from.
func (e *editor) version() post.Version {
	if e.ID == 0 {
		return post.Version{}
	}
	return post.Version{ID: e.ID, UpdatedAt: time.UnixMicro(e.Revision).UTC()}
}

// preview shows the form with the content as readers will see it.
func (s *site) preview(w http.ResponseWriter, r *ownerRequest, e *editor) error {
	rendered, err := s.bounds.render(r.Context(), e.Content)
	if err != nil {
		return s.saveFailed(w, r, e, err)
	}
	e.Preview = template.HTML(rendered.HTML) //nolint:gosec // it is sanitised
	return s.showEditor(w, r, e, http.StatusOK)
}

// writeNew shows an empty form.
func (s *site) writeNew(w http.ResponseWriter, r *ownerRequest) error {
	e := newEditor()
	e.Author, e.Draft = r.username, true
	return s.showEditor(w, r, e, http.StatusOK)
}

// writeEdit shows the form for a post, and when it was just saved, how readers see it.
func (s *site) writeEdit(w http.ResponseWriter, r *ownerRequest) error {
	source, err := s.findSource(r)
	if errors.Is(err, post.ErrNotFound) {
		s.notFound(w, r.Request, r.tenant)
		return nil
	}
	if err != nil {
		return err
	}
	e := editorOf(source, r.now)
	if e.Notice = done[r.URL.Query().Get("done")]; e.Notice != "" {
		ctx, cancel := r.statementContext()
		defer cancel()
		html, err := r.tenant.posts().HTML(ctx, s.pool, source.ID)
		if err != nil && !errors.Is(err, post.ErrNotFound) {
			return err
		}
		e.Preview = template.HTML(html) //nolint:gosec // it was sanitised when it was saved
	}
	return s.showEditor(w, r, e, http.StatusOK)
}

// findSource returns the post that the address names, or post.ErrNotFound.
func (s *site) findSource(r *ownerRequest) (post.Source, error) {
	slug := r.PathValue("slug")
	if len(slug) > post.MaxSlugLength || !isPlainPath("/"+slug) {
		return post.Source{}, post.ErrNotFound
	}
	ctx, cancel := r.statementContext()
	defer cancel()
	return r.tenant.posts().Find(ctx, s.pool, slug)
}

func (s *site) showEditor(w http.ResponseWriter, r *ownerRequest, e *editor, status int) error {
	e.Paused = r.tenant.paused(r.now)
	title := "New post"
	if e.ID != 0 {
		title = "Edit " + e.Title
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	return s.show(w, r, ownerView{name: "edit", title: title, Data: e, status: status})
}

// save stores what was typed, or shows the form again with it: it is never lost, whatever goes wrong.
func (s *site) save(w http.ResponseWriter, r *ownerRequest) error {
	identified := s.identify(r)
	leave, ok := s.bounds.takeForm(r.tenant.ID)
	if !ok {
		s.tooMany(w, r.tenant)
		return nil
	}
	defer leave()
	if !s.readForm(w, r) {
		return nil
	}
	e := typed(r)
	switch {
	case identified != nil:
		return s.saveFailed(w, r, e, identified)
	case r.username == "":
		e.LoggedOut = true
		return s.showEditor(w, r, e, http.StatusForbidden)
	case r.PostFormValue("action") == actionPreview:
		return s.preview(w, r, e)
	}
	limits, why, err := s.mayWrite(r)
	switch {
	case err != nil:
		return s.saveFailed(w, r, e, err)
	case why != "":
		e.Errors[""] = why
		return s.showEditor(w, r, e, http.StatusForbidden)
	}
	return s.store(w, r, e, limits)
}

// typed is the form as it was sent.
func typed(r *ownerRequest) *editor {
	e := newEditor()
	e.ID, e.Revision = number(r.PostFormValue("id")), number(r.PostFormValue("revision"))
	if slug := r.PathValue("slug"); e.ID != 0 && slug != "" {
		e.Address = writePath + slug + "/"
	}
	e.Document = post.Document{
		Title: r.PostFormValue("title"), Slug: r.PostFormValue("slug"), Author: r.PostFormValue("author"),
		Content: r.PostFormValue("content"), Draft: r.PostFormValue("draft") != "",
	}
	e.Normalize()
	return e
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (s *site) store(w http.ResponseWriter, r *ownerRequest, e *editor, limits post.Limits) error {
	document, did := e.Document, "saved"
	switch r.PostFormValue("action") {
	case actionPublish:
		document.Draft, did = false, "published"
	case actionUnpublish:
		document.Draft, did = true, "unpublished"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), saveTimeout)
	defer cancel()
	saved, err := r.tenant.posts().Save(ctx, s.pool, post.SaveRequest{
		Document: document, Base: e.version(), Limits: limits, Now: r.now,
		Render: func(markdown string) (render.Result, error) { return s.bounds.render(r.Context(), markdown) },
	})
	var (
		invalid *post.InvalidError
		limit   *post.LimitError
	)
	switch {
	case errors.As(err, &limit):
		e.Errors[""] = limit.Error()
		return s.showEditor(w, r, e, http.StatusUnprocessableEntity)
	case errors.As(err, &invalid):
		e.Errors[invalid.Field] = invalid.Sentence
		return s.showEditor(w, r, e, http.StatusUnprocessableEntity)
	case errors.Is(err, post.ErrSlugTaken):
		e.Errors["slug"] = "Another post has this address: choose another one."
		return s.showEditor(w, r, e, http.StatusUnprocessableEntity)
	case errors.Is(err, post.ErrNotFound), errors.Is(err, post.ErrChanged):
		return s.changedMeanwhile(w, r, e)
	case err != nil:
		return s.saveFailed(w, r, e, err)
	}
	seeOther(w, r, writePath+saved.Slug+"/?done="+did)
	return nil
}

// changedMeanwhile shows what was typed beside what somebody else has made of the post. Saving once more replaces it.
func (s *site) changedMeanwhile(w http.ResponseWriter, r *ownerRequest, e *editor) error {
	ctx, cancel := r.statementContext()
	defer cancel()
	stored, err := r.tenant.posts().FindByID(ctx, s.pool, e.ID)
	switch {
	case errors.Is(err, post.ErrNotFound):
		e.Errors[""] = "This post was deleted since you opened it, in another window or by somebody else. What you typed is here: save it to make a new post of it."
		e.ID, e.Revision, e.Address = 0, 0, writeNewPath
	case err != nil:
		return s.saveFailed(w, r, e, err)
	default:
		e.Errors[""] = "This post was changed since you opened it, in another window or by somebody else. Nothing was saved, and what you typed is here. " +
			"Compare it with the post as it is now, below; save again to put yours in its place."
		e.asStored(stored, r.now)
		e.Draft, e.Stored = stored.Draft, &stored
	}
	return s.showEditor(w, r, e, http.StatusConflict)
}

// saveFailed keeps what was typed when the database does not answer.
func (s *site) saveFailed(w http.ResponseWriter, r *ownerRequest, e *editor, cause error) error {
	s.logFailure(r.Request, r.tenant, cause)
	e.Errors[""] = "The database does not answer, so this may not have been saved. What you typed is here: save it again in a few seconds."
	return s.showEditor(w, r, e, http.StatusServiceUnavailable)
}
