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

// askToDiscard asks whether to discard the changes of a post that readers do not see yet.
func (e *Editor) askToDiscard(w http.ResponseWriter, r *request, source post.Source, status int) error {
	if source.Pending == nil { // a retry after a lost response, or another window
		web.SeeOther(w, r.Request, site.EditPath(source.Slug))
		return nil
	}
	return e.ask(w, r, view{name: "discard", title: "Discard changes", status: status}, source)
}

// discard drops the changes that were shown, and no later ones.
func (e *Editor) discard(w http.ResponseWriter, r *request, _ post.Quota) error {
	version := submittedVersion(r)
	discarded := e.write(r, func(ctx context.Context, db postgres.Beginner) error {
		_, err := r.posts().DiscardPending(ctx, db, version, r.now)
		return err
	})
	if discarded != nil && !errors.Is(discarded, post.ErrChanged) {
		return e.notFoundOr(w, r, discarded)
	}
	var source post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		source, err = r.posts().FindByID(ctx, db, version.ID)
		return err
	})
	switch {
	case err != nil:
		return e.notFoundOr(w, r, err)
	case discarded != nil:
		return e.askToDiscard(w, r, source, http.StatusConflict)
	}
	web.SeeOther(w, r.Request, site.EditPath(source.Slug)+"?done=discarded")
	return nil
}
