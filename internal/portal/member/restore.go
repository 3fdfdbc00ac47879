package member

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// owner returns who the current user is for deletions.
func owner(r *site.Request) tenants.Owner {
	return tenants.Owner{Person: site.Person(r.User), ID: r.User.ID}
}

// deletedView is a deleted blog whose posts are kept.
type deletedView struct {
	tenants.DeletedBlog
	// Contact is the address of support.
	Contact web.Contact
}

// deletedBlogs lists the user's deleted blogs whose posts are kept.
func (p *Pages) deletedBlogs(r *site.Request) ([]deletedView, error) {
	list, err := p.Deletions.List(r.Context(), owner(r))
	views := make([]deletedView, len(list))
	for i, blog := range list {
		views[i] = deletedView{blog, r.Contact()}
	}
	return views, err
}

// restoreBlog restores a blog that the user has deleted.
func (p *Pages) restoreBlog(w http.ResponseWriter, r *site.Request) error {
	name := r.PathValue("tenant")
	if err := p.Deletions.Restore(r.Context(), owner(r), name); err != nil {
		return restoreError(r, name, err)
	}
	site.RedirectWithNotice(w, r, "/account/", site.NoticeRestored)
	return nil
}

// restoreError explains to the owner of a deleted blog why it was not restored.
func restoreError(r *site.Request, name string, err error) error {
	var invalid *tenants.InvalidError
	switch {
	case errors.Is(err, tenants.ErrNoTombstone):
		return &site.PageError{
			Status: http.StatusNotFound, Title: "There is nothing to restore", Lead: fmt.Sprintf("No posts of a deleted blog %s of yours are kept.", web.Shorten(name)),
			Link: &web.Link{Address: "/account/", Text: "Your account"},
		}
	case errors.Is(err, tenants.ErrDeleting):
		return &site.PageError{
			Status: http.StatusConflict, Title: "The blog is still being deleted", Lead: "It can be restored as soon as the deletion has finished.",
			Steps: []string{"Try again in a few seconds."}, Link: &web.Link{Address: "/account/", Text: "Your account"}, RetryAfter: 5 * time.Second,
		}
	case errors.Is(err, tenants.ErrDeletedByOthers), errors.Is(err, tenants.ErrNamesSchema), errors.Is(err, tenants.ErrExists), errors.As(err, &invalid):
		return &site.PageError{
			Status: http.StatusForbidden, Title: "You cannot restore this blog yourself", Lead: "Its posts are kept. You can restore only a blog that you deleted here, and whose name is still free.",
			Steps: []string{"To restore it, contact support."}, Link: r.Contact().Link(),
		}
	}
	return err
}
