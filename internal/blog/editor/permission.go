package editor

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// authorize returns the blog's quota, or a sentence that says why the user cannot change the blog.
func (e *Editor) authorize(r *request) (quota post.Quota, refusal string, err error) {
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		quota, err = post.Authorize(ctx, db, r.tenant.ID, r.username, r.now)
		return err
	})
	if errors.Is(err, post.ErrNotOwner) {
		return post.Quota{}, "You no longer own this blog. Nothing was changed.", nil
	}
	if refusal := readOnly(err); refusal != "" {
		return post.Quota{}, refusal, nil
	}
	return quota, "", err
}

// refuse says why something was not done. back is the address of the list of posts.
func (e *Editor) refuse(w http.ResponseWriter, r *request, title string, status int, sentence, back string) error {
	e.Layout.Send(w, web.Message{
		Page: e.WithContact(site.Page(r.tenant, title)), Status: status, Lead: sentence, Link: &web.Link{Address: back, Text: "Back to the posts"},
	})
	return nil
}

// readOnly explains a *post.ReadOnlyError to the owner. It returns "" for all other errors.
func readOnly(err error) string {
	var reason *post.ReadOnlyError
	switch {
	case !errors.As(err, &reason):
		return ""
	case reason.Suspended:
		return "This blog is suspended: readers cannot see it, and you cannot change it. Your posts are kept, and you can export them. " +
			"To continue, contact support."
	}
	return fmt.Sprintf("Your plan ended on %s, so you cannot change this blog. Readers can see it until %s. To renew your plan, contact support.",
		web.Day(reason.PaidUntil), web.Day(reason.SuspendAt))
}

// readOnlyReason says why the owner cannot change the blog, according to the directory. It returns "" if the owner can.
func (r *request) readOnlyReason() string {
	return readOnly(post.CheckWritable(&r.tenant.Entry, r.now))
}
