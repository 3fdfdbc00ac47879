package reader

import (
	"context"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account/blogsession"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// request is a request for a page of a blog.
type request struct {
	*http.Request
	// tenant is the tenant of the blog, and host the normalized host of the request.
	tenant *directory.Tenant
	host   string
	// now is the time by which readers see posts.
	now time.Time

	// query sets these: the settings of the blog, the pages in its navigation, and the user who owns it. Empty: the client is not
	// the owner.
	settings settings.Stored
	pages    []post.PageLink
	username string
	// pagesRead says that pages were read by this request.
	pagesRead bool
	// unlisted says that search engines are asked not to list the answer, whatever the settings say.
	unlisted bool
}

func (r *request) posts() post.Store { return post.NewStore(r.tenant.SchemaName) }

// session returns the token of a session of the editor. Empty: the client has none.
func (r *request) session() string {
	token := web.Cookies{Secure: r.tenant.Secure}.Get(r.Request, site.SessionCookie)
	if !secret.IsSecret(token) {
		return ""
	}
	return token
}

// queueSettings adds the statement that reads the settings to a batch.
func (r *request) queueSettings(batch *postgres.Batch) {
	settings.NewStore(r.tenant.SchemaName).QueueLoad(batch, &r.settings)
}

// queueFrame returns a function that adds the statements that read what is on every page to a batch.
func (rd *Reader) queueFrame(r *request) func(*postgres.Batch) {
	return func(batch *postgres.Batch) {
		r.queueSettings(batch)
		token, last := r.session(), rd.memory.of(r.tenant.ID)
		if r.pagesRead = token != "" || !last.hasNavigation(r.now); r.pagesRead {
			r.posts().QueueListPages(batch, r.now, &r.pages)
		} else {
			r.pages = last.pages
		}
		if token != "" {
			blogsession.QueueFind(batch, token, r.tenant.ID, r.host, r.now, &r.username)
		}
	}
}

// query calls work with a connection, whose first statement also reads what queue adds to a batch: no page waits for a round trip
// more. What work reads should become a page before it returns: connections bound how many pages are built at the same time.
func (rd *Reader) query(r *request, queue func(*postgres.Batch), work func(ctx context.Context, db postgres.Querier) error) error {
	ctx, cancel := site.StatementContext(r.Request)
	defer cancel()
	return rd.connections.Use(ctx, r.tenant.ID, func(db postgres.Beginner) error {
		batch := &postgres.Batch{}
		queue(batch)
		err := work(ctx, postgres.WithBatch(db, batch))
		rd.memory.remember(r, err)
		return err
	})
}

// identify looks up the owner on a page that reads nothing else.
func (rd *Reader) identify(r *request) error {
	token := r.session()
	if token == "" {
		return nil
	}
	ctx, cancel := site.StatementContext(r.Request)
	defer cancel()
	return rd.connections.Use(ctx, r.tenant.ID, func(db postgres.Beginner) error {
		batch := &postgres.Batch{}
		blogsession.QueueFind(batch, token, r.tenant.ID, r.host, r.now, &r.username)
		return db.SendBatch(ctx, batch).Close()
	})
}
