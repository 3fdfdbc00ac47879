package reader

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
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

// request is a request for a page of a blog. Without a session, its query has no parameters but those that pages read.
type request struct {
	*http.Request
	// received is the request as it was received.
	received *http.Request
	site     *site.Site
	// tenant is the tenant of the blog, and host the normalized host of the request.
	tenant *directory.Tenant
	host   string
	// now is the time by which readers see posts.
	now time.Time
	// key identifies the answer among those of the blog. Empty: the answer is not kept.
	key string
	// kept is the answer that the replica keeps. nil: there is none.
	kept *answer

	// frame is what query read, or what the replica keeps.
	frame
	// username is the user who owns the blog, as query read it. Empty: the client is not the owner.
	username string
	// beside are the neighbors of the post that is shown.
	beside post.Neighbors
	// recalled says that frame was not read by this request.
	recalled bool
	// varies says that the answer differs by cookies.
	varies bool
	// previewing says that frame has the theme that the owner looks at, and not the one that is set.
	previewing bool
	// unlisted says that search engines are asked not to list the answer, whatever the settings say.
	unlisted bool
}

// parameters are the parameters of queries that pages read. All others, such as those that sites add to links to them, lead to the
// same page.
var parameters = []string{"q"}

// newRequest returns a request to the blog of a tenant.
func (rd *Reader) newRequest(received *http.Request, t *directory.Tenant, host string) *request {
	r := &request{Request: received, received: received, site: rd.Site, tenant: t, host: host, now: rd.clock.now()}
	if r.session() != "" { // the owner sees more
		return r
	}
	if received.URL.RawQuery != "" {
		read := url.Values{}
		for name, values := range received.URL.Query() {
			if slices.Contains(parameters, name) {
				read[name] = values[:1]
			}
		}
		address := *received.URL
		address.RawQuery = read.Encode()
		r.Request = received.WithContext(received.Context())
		r.URL = &address
	}
	// A path that is encoded in another way than usual can be another one to the mux.
	if key := r.URL.Path + "?" + r.URL.RawQuery; r.URL.RawPath == "" && len(key) <= maxKey {
		r.key = key
	}
	return r
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

// queueFrame returns a function that adds the statements that read what is on every page to a batch, and the one that looks for a
// session. With a session, everything is read: the owner sees a change at once.
func (rd *Reader) queueFrame(r *request, session string) func(*postgres.Batch) {
	return func(batch *postgres.Batch) {
		if session != "" {
			blogsession.QueueFind(batch, session, r.tenant.ID, r.host, r.now, &r.username)
		} else if rd.keeper.recall(r) {
			return
		}
		settings.NewStore(r.tenant.SchemaName).QueueLoad(batch, &r.settings)
		r.posts().QueueListPages(batch, r.now, &r.pages)
		r.posts().QueueNextPublication(batch, r.now, &r.next)
	}
}

// errKept is returned by query when another request has just read what this one was to read: request.kept is the answer.
var errKept = errors.New("the answer is kept")

// query calls work with a connection, whose first statement also reads what queue adds to a batch: no page waits for a round trip
// more. What work reads should become a page before it returns: connections bound how many pages are built at the same time.
func (rd *Reader) query(r *request, queue func(*postgres.Batch), work func(ctx context.Context, db postgres.Querier) error) error {
	ctx, cancel := site.StatementContext(r.Request)
	defer cancel()
	return rd.connections.Use(ctx, r.tenant.ID, func(conn *postgres.Conn) error {
		if r.kept = rd.keeper.answer(r); r.kept != nil {
			return errKept
		}
		batch := &postgres.Batch{}
		queue(batch)
		err := work(ctx, postgres.WithBatch(conn, batch))
		rd.keeper.keepFrame(r, err)
		rd.memory.remember(r, err)
		return err
	})
}
