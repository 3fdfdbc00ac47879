package reader

import (
	"context"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// shared shows a post as it was last written to those who have the link that its author shares. The address is a secret: it is given
// neither to other sites nor to search engines, and no cache keeps the page after the link is revoked.
func (rd *Reader) shared(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	header := w.Header()
	header["Referrer-Policy"] = []string{"no-referrer"}
	header["X-Robots-Tag"] = []string{"noindex, nofollow, noarchive"}
	share, ok := post.ParseShare(r.PathValue("share"))
	if !ok {
		return post.ErrNotFound
	}
	page, err := rd.readPost(r, t, func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error) {
		found, err := post.NewStore(t.SchemaName).Shared(ctx, db, share, maxHTML)
		frame := postPage(t, found)
		frame.Canonical = "" // which also asks search engines not to list the page
		return frame, found, err
	})
	if err != nil {
		return err
	}
	return rd.sendSecret(w, t, page)
}

// sendSecret sends a page that is never cached, and reuses its buffer. It returns site.ErrBusy if too much is being sent for the blog.
func (rd *Reader) sendSecret(w http.ResponseWriter, t *directory.Tenant, page *web.HTMLWriter) error {
	release, err := rd.inFlight.Reserve(t.ID, int64(len(*page)))
	if err != nil {
		return err
	}
	defer release()
	header := w.Header()
	header["Content-Type"] = []string{"text/html; charset=utf-8"}
	header["Content-Length"] = []string{strconv.Itoa(len(*page))}
	header["Cache-Control"] = []string{"no-store"}
	w.WriteHeader(http.StatusOK)
	w.Write(*page)
	rd.recycle(page)
	return nil
}
