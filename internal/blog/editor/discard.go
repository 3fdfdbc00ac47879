package editor

import (
	"context"
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// confirmDiscard asks whether to discard the changes of a post that readers do not see yet.
func (e *Editor) confirmDiscard(w http.ResponseWriter, r *request) error {
	source, err := e.findPost(r)
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	return e.showDiscard(w, r, source, http.StatusOK)
}

func (e *Editor) showDiscard(w http.ResponseWriter, r *request, source post.Source, status int) error {
	if source.Pending == nil { // a retry after a lost response, or another window
		web.SeeOther(w, r.Request, site.EditPath(source.Slug))
		return nil
	}
	if _, err := e.settings(r); err != nil {
		return err
	}
	f := deleteForm{postForm: formOf(r, source), Changed: status == http.StatusConflict}
	f.ReadOnly = r.readOnlyReason()
	return e.show(w, r, view{name: "discard", title: "Discard changes", Data: f, status: status})
}

// discard drops the changes that were shown, and no later ones.
func (e *Editor) discard(w http.ResponseWriter, r *request) error {
	release, ok := e.parseForm(w, r)
	if !ok {
		return nil
	}
	defer release()
	_, refusal, err := e.authorize(r)
	if err != nil {
		return err
	}
	if refusal != "" {
		return e.refuse(w, r, "The changes were not discarded", http.StatusForbidden, refusal, site.WritePath)
	}
	version := submittedVersion(r)
	discarded := e.write(r, func(ctx context.Context, db postgres.Beginner) error {
		_, err := r.posts().DiscardPending(ctx, db, version, r.now)
		return err
	})
	if discarded != nil && !errors.Is(discarded, post.ErrChanged) {
		return e.notFoundOr(w, r, discarded)
	}
	var source post.Source
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		source, err = r.posts().FindByID(ctx, db, version.ID)
		return err
	})
	switch {
	case err != nil:
		return e.notFoundOr(w, r, err)
	case discarded != nil:
		return e.showDiscard(w, r, source, http.StatusConflict)
	}
	web.SeeOther(w, r.Request, site.EditPath(source.Slug)+"?done=discarded")
	return nil
}
