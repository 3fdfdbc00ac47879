package reader

import (
	"context"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// nothingHere says that there is nothing at an address, and suggests the latest posts. It says the first without the database, too.
func (rd *Reader) nothingHere(w http.ResponseWriter, r *request) {
	r.key = "" // an answer that another request has found since then is not the one of this request
	var latest []post.Entry
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) (err error) {
		latest, err = r.posts().List(ctx, db, r.now, suggested, 0)
		return err
	})
	page := r.page("")
	if err != nil {
		rd.LogFailure(r.Request, r.tenant, err)
		page.Theme = rd.ThemeOf(rd.LastTheme(r.tenant))
	}
	rd.NotFound(w, r.Request, page, func(m web.HTMLWriter) web.HTMLWriter {
		if len(latest) == 0 {
			return m
		}
		for i := range latest {
			latest[i].Pinned = false // to the list of all posts
		}
		m = page.English(m.HTML("<section class=\"column latest\"")).HTML(">\n<h2>Latest posts</h2>\n")
		return r.writeEntries(m, latest).HTML("</section>\n")
	})
}
