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

	// frame is what query read, or what the replica remembers.
	frame
	// username is the user who owns the blog, as query read it. Empty: the client is not the owner.
	username string
	// beside are the neighbors of the post that is shown.
	beside post.Neighbors
	// remembered says that frame was not read by this request.
	remembered bool
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

// queueFrame returns a function that adds the statements that read what is on every page to a batch, and the one that looks for a session.
func (rd *Reader) queueFrame(r *request, session string) func(*postgres.Batch) {
	return func(batch *postgres.Batch) {
		if session == "" {
			if r.frame, r.remembered = rd.memory.of(r.tenant.ID).at(r.now); r.remembered {
				return
			}
		} else {
			blogsession.QueueFind(batch, session, r.tenant.ID, r.host, r.now, &r.username)
		}
		settings.NewStore(r.tenant.SchemaName).QueueLoad(batch, &r.settings)
		r.posts().QueueListPages(batch, r.now, &r.pages)
	}
}

// query calls work with a connection, whose first statement also reads what queue adds to a batch: no page waits for a round trip
// more. What work reads should become a page before it returns: connections bound how many pages are built at the same time.
func (rd *Reader) query(r *request, queue func(*postgres.Batch), work func(ctx context.Context, db postgres.Querier) error) error {
	ctx, cancel := site.StatementContext(r.Request)
	defer cancel()
	return rd.connections.Use(ctx, r.tenant.ID, func(conn *postgres.Conn) error {
		batch := &postgres.Batch{}
		queue(batch)
		err := work(ctx, postgres.WithBatch(conn, batch))
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
	return rd.connections.Use(ctx, r.tenant.ID, func(conn *postgres.Conn) error {
		batch := &postgres.Batch{}
		blogsession.QueueFind(batch, token, r.tenant.ID, r.host, r.now, &r.username)
		return conn.SendBatch(ctx, batch).Close()
	})
}
