package editor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/echoblogs/echoblogs/internal/account/blogsession"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// request is a request for a page of the editor.
type request struct {
	*http.Request
	// tenant is the tenant of the blog, and host the normalized host of the request.
	tenant *directory.Tenant
	host   string
	now    time.Time
	// username is the current user, who owns the blog. Empty: the client is not logged in, or identify was not called.
	username string
	// set are the settings of the blog. nil: they have not been read.
	set *settings.Stored
}

// The names of cookies.
const (
	sessionCookie  = site.SessionCookie
	verifierCookie = "verifier"
)

func (r *request) cookies() web.Cookies { return web.Cookies{Secure: r.tenant.Secure} }

func (r *request) posts() post.Store { return post.NewStore(r.tenant.SchemaName) }

// query calls work with a connection.
func (e *Editor) query(r *request, work func(ctx context.Context, db postgres.Beginner) error) error {
	ctx, cancel := site.StatementContext(r.Request)
	defer cancel()
	return e.connections.Use(ctx, r.tenant.ID, func(conn *postgres.Conn) error { return work(ctx, conn) })
}

// page answers a request. If it returns an error, it has not answered: site.ErrBusy, or the error of a statement.
type page func(w http.ResponseWriter, r *request) error

// handle resolves the tenant. It accepts requests of all clients, and for suspended blogs, too: their owners can log in.
func (e *Editor) handle(show page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, host := e.Resolve(w, r)
		if t == nil {
			return
		}
		w.Header().Set("Content-Security-Policy", web.FormsPolicy)
		switch {
		case e.sameOrigin.Check(r) != nil:
			e.crossOrigin(w, t)
		case !t.Allow():
			e.TooManyRequests(w, t)
		default:
			err := show(w, &request{Request: r, tenant: t, host: host, now: e.Now()})
			if r.Method == http.MethodPost {
				e.awaitChanges(r, t)
			}
			switch {
			case err == nil:
			case errors.Is(err, site.ErrBusy):
				e.TooManyRequests(w, t)
			default:
				e.StatementFailed(w, r, t, err)
			}
		}
	})
}

// awaitChanges waits until readers at this replica see what a request has changed, before its answer ends: the author looks next.
func (e *Editor) awaitChanges(r *http.Request, t *directory.Tenant) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Second)
	defer cancel()
	e.Directory.Await(ctx, t.ID)
}

// requireOwner accepts only requests of the owner. It redirects other clients to the login, and from there back.
func (e *Editor) requireOwner(show page) http.Handler {
	return e.handle(func(w http.ResponseWriter, r *request) error {
		if err := e.identify(r); err != nil {
			return err
		}
		switch {
		case r.username != "":
			return show(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			web.SeeOther(w, r.Request, site.LoginPath+"?next="+url.QueryEscape(r.URL.RequestURI()))
		default:
			e.Layout.Send(w, web.Message{
				Page: site.Page(r.tenant, "You are logged out"), Status: http.StatusForbidden, Lead: "Nothing was changed.",
				Steps: []string{"Log in and try again."}, Link: &web.Link{Address: site.LoginToWrite, Text: "Log in"},
			})
		}
		return nil
	})
}

// identify looks up the user of a request.
func (e *Editor) identify(r *request) error {
	token := r.cookies().Get(r.Request, sessionCookie)
	if token == "" {
		return nil
	}
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		r.username, err = blogsession.Find(ctx, db, token, r.tenant.ID, r.host, r.now)
		return err
	})
	if errors.Is(err, blogsession.ErrNotFound) {
		return nil
	}
	return err
}

func (e *Editor) crossOrigin(w http.ResponseWriter, t *directory.Tenant) {
	e.Layout.Send(w, web.Message{
		Page:   site.Page(t, "This form came from another site"),
		Status: http.StatusForbidden,
		Lead:   "Nothing was changed.",
		Steps:  []string{"Open the page on this blog and try again."},
	})
}

// page returns the layout of a page that is no page of the editor.
func (r *request) page() web.Page {
	page := site.Page(r.tenant, "")
	if r.username != "" {
		page.OwnerLinks = site.OwnerLinks(r.tenant)
	}
	return page
}
