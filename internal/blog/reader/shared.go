package reader

import (
	"context"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// shared shows a post as it was last written to those who have the link that its author shares. The address is a secret: it is given
// neither to other sites nor to search engines, and no cache keeps the page after the link is revoked.
func (rd *Reader) shared(w http.ResponseWriter, r *request) error {
	header := w.Header()
	header["Referrer-Policy"] = []string{"no-referrer"}
	header["X-Robots-Tag"] = []string{"noindex, nofollow, noarchive"}
	share, ok := post.ParseShare(r.PathValue("share"))
	if !ok {
		return post.ErrNotFound
	}
	page, err := rd.readPost(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error) {
		found, err := r.posts().Shared(ctx, db, share, maxHTML)
		if err == nil {
			found.CoverPicture, err = r.posts().FindPicture(ctx, db, found.Cover)
		}
		frame := r.postPage(&found)
		frame.Canonical, frame.Preview = "", nil // which also asks search engines not to list the page
		return frame, found, err
	})
	if err != nil {
		return err
	}
	return rd.sendUncached(w, r, page)
}
