package blog

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// deletion asks whether a post is really to be deleted.
type deletion struct {
	*editor
	// Changed says that the post was changed since it was asked.
	Changed bool
}

// confirmDelete asks whether a post is to be deleted.
func (s *site) confirmDelete(w http.ResponseWriter, r *ownerRequest) error {
	source, err := s.findSource(r)
	if errors.Is(err, post.ErrNotFound) {
		s.notFound(w, r.Request, r.tenant)
		return nil
	}
	if err != nil {
		return err
	}
	return s.askWhetherToDelete(w, r, source, http.StatusOK)
}

func (s *site) askWhetherToDelete(w http.ResponseWriter, r *ownerRequest, source post.Source, status int) error {
	d := deletion{editor: editorOf(source, r.now), Changed: status == http.StatusConflict}
	d.Paused = r.tenant.paused(r.now)
	return s.show(w, r, ownerView{name: "delete", title: "Delete " + source.Title, Data: d, status: status})
}

// deletePost deletes the version of a post that was shown, and no later one.
func (s *site) deletePost(w http.ResponseWriter, r *ownerRequest) error {
	if !s.readForm(w, r) {
		return nil
	}
	_, why, err := s.mayWrite(r)
	if err != nil {
		return err
	}
	if why != "" {
		s.look.Send(w, web.Message{
			Page: r.tenant.page("Nothing can be deleted right now"), Status: http.StatusForbidden, Lead: why,
			Link: &web.Link{Address: writePath, Text: "All posts"}, Contact: s.contact(),
		})
		return nil
	}
	e := typed(r)
	ctx, cancel := r.statementContext()
	defer cancel()
	err = r.tenant.posts().Delete(ctx, s.pool, e.version())
	if errors.Is(err, post.ErrChanged) {
		source, err := r.tenant.posts().FindByID(ctx, s.pool, e.ID)
		if err != nil && !errors.Is(err, post.ErrNotFound) {
			return err
		}
		if err == nil {
			return s.askWhetherToDelete(w, r, source, http.StatusConflict)
		}
	} else if err != nil {
		return err
	}
	seeOther(w, r, writePath+"?done=deleted")
	return nil
}
