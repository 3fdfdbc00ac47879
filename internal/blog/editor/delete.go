package editor

import (
	"context"
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// askToDelete asks whether to delete a post.
func (e *Editor) askToDelete(w http.ResponseWriter, r *request, source post.Source, status int) error {
	latest := source.Latest()
	return e.ask(w, r, view{name: "delete", title: "Delete " + nameInForms(&latest), status: status}, source)
}

// deletePost deletes the version of a post that was shown, and no later one.
func (e *Editor) deletePost(w http.ResponseWriter, r *request, _ post.Quota) error {
	version := submittedVersion(r)
	var changed *post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) error {
		err := r.posts().Delete(ctx, db, version, r.now)
		if !errors.Is(err, post.ErrChanged) {
			return err
		}
		source, err := r.posts().FindByID(ctx, db, version.ID)
		changed = &source
		return err
	})
	switch {
	case err != nil && !errors.Is(err, post.ErrNotFound):
		return err
	case err == nil && changed != nil:
		return e.askToDelete(w, r, *changed, http.StatusConflict)
	}
	web.SeeOther(w, r.Request, listQuery{}.after("trashed", 1))
	return nil
}
