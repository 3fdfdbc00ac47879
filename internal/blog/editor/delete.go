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

// deleteForm asks for confirmation.
type deleteForm struct {
	*postForm
	// Changed says that the post was changed after the form was opened.
	Changed bool
}

// TrashDays is how long posts stay in the trash, in days.
func (deleteForm) TrashDays() int { return trashDays }

// confirmDelete asks whether to delete a post.
func (e *Editor) confirmDelete(w http.ResponseWriter, r *request) error {
	source, err := e.findPost(r)
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	return e.showDelete(w, r, source, http.StatusOK)
}

func (e *Editor) showDelete(w http.ResponseWriter, r *request, source post.Source, status int) error {
	if _, err := e.settings(r); err != nil {
		return err
	}
	f := deleteForm{postForm: formOf(r, source), Changed: status == http.StatusConflict}
	f.ReadOnly = r.readOnlyReason()
	return e.show(w, r, view{name: "delete", title: "Delete " + nameInForms(&f.Document), Data: f, status: status})
}

// deletePost deletes the version of a post that was shown, and no later one.
func (e *Editor) deletePost(w http.ResponseWriter, r *request) error {
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
		return e.refuse(w, r, "The post was not deleted", http.StatusForbidden, refusal, site.WritePath)
	}
	version := submittedVersion(r)
	var changed *post.Source
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) error {
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
		return e.showDelete(w, r, *changed, http.StatusConflict)
	}
	web.SeeOther(w, r.Request, listQuery{}.after("trashed", 1))
	return nil
}
