package site

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Error pages say what happened and what to do, to readers first and to owners second. They never quote the database.

// RetryAfter is when to retry a request that failed because the database is unavailable.
const RetryAfter = 5 * time.Second

// noBlog returns the page of a host without a known blog, which has the identity of the public site.
func noBlog(title string) web.Page {
	return web.Page{Title: title, Brand: &web.Brand{Column: web.Wide}}
}

func (s *Site) invalidHost(w http.ResponseWriter, r *http.Request) {
	s.Layout.Send(w, web.Message{
		Status:  http.StatusNotFound,
		Page:    noBlog("There is no blog at this address"),
		Subject: web.Shorten(r.Host),
		Lead:    "This is not a valid host name.",
		Steps:   []string{"Open the blog by its host name, such as alice.example.com."},
	})
}

func (s *Site) unknownHost(w http.ResponseWriter, r *http.Request, host string) {
	platform := s.platform()
	s.Layout.Send(w, platform.NoBlogAt(host, s.stateOf(r, platform.NameAt(host), host)))
}

// stateOf looks up whether people can sign up with the name in an unknown host. Anyone can request any number of those: a
// few lookups per second are enough for people.
func (s *Site) stateOf(r *http.Request, name, host string) web.NameState {
	if name == "" || s.NameTaken == nil || !s.lookups.Allow() {
		return web.NameUnknown
	}
	ctx, cancel := StatementContext(r)
	defer cancel()
	taken, err := s.NameTaken(ctx, name, host)
	switch {
	case err != nil:
		return web.NameUnknown
	case taken:
		return web.NameTaken
	}
	return web.NameFree
}

// retrySteps say to retry.
var retrySteps = []string{"Reload the page in a few seconds.", "If the problem persists, contact support."}

// WithContact adds the link to support to a page.
func (s *Site) WithContact(page web.Page) web.Page {
	page.Contact = s.platform().Contact
	return page
}

// NotFound says that a blog has no such page. more writes what helps to find what the reader looked for. nil: nothing.
func (s *Site) NotFound(w http.ResponseWriter, r *http.Request, page web.Page, more func(web.HTMLWriter) web.HTMLWriter) {
	page.Title = "There is nothing at this address"
	s.Layout.Send(w, web.Message{
		Status:  http.StatusNotFound,
		Page:    page,
		Subject: web.Shorten(r.URL.Path),
		Lead:    "The post may have been renamed or unpublished, or the link may be wrong.",
		Link:    &web.Link{Address: "/", Text: "Go to the home page"},
		More:    more,
	})
}

// TooManyRequests says that a blog is over its limit of requests, or its owner over that of forms.
func (s *Site) TooManyRequests(w http.ResponseWriter, t *directory.Tenant) {
	s.Layout.Send(w, web.Message{
		Page:       s.errorPage(t, "Too many requests"),
		Status:     http.StatusTooManyRequests,
		Lead:       "This blog is getting too many requests.",
		Steps:      []string{"Try again in a moment."},
		RetryAfter: time.Second,
	})
}

// MethodNotAllowed says that a page can only be read.
func (s *Site) MethodNotAllowed(w http.ResponseWriter, t *directory.Tenant) {
	w.Header().Set("Allow", "GET, HEAD")
	s.Layout.Send(w, web.Message{
		Page:   s.errorPage(t, "Method not allowed"),
		Status: http.StatusMethodNotAllowed,
		Lead:   "This page can only be read.",
	})
}

// StatementFailed answers a request whose statement failed, and logs the cause.
func (s *Site) StatementFailed(w http.ResponseWriter, r *http.Request, t *directory.Tenant, cause error) {
	s.LogFailure(r, t, cause)
	if postgres.Unreadable(cause) {
		s.Layout.Send(w, web.Message{
			Page:   s.WithContact(s.errorPage(t, "Something went wrong")),
			Status: http.StatusInternalServerError,
			Lead:   "The server failed to show this page. The error has been logged. No posts are lost.",
			Steps:  []string{"Reload the page. If the problem persists, contact support."},
		})
		return
	}
	s.Layout.Send(w, web.Message{
		Page:       s.WithContact(s.errorPage(t, "This blog is temporarily unavailable")),
		Status:     http.StatusServiceUnavailable,
		Lead:       "The database is not responding. No posts are lost.",
		Steps:      retrySteps,
		RetryAfter: RetryAfter,
	})
}

// LogFailure logs a failed statement, unless there are too many of them.
func (s *Site) LogFailure(r *http.Request, t *directory.Tenant, cause error) {
	if s.failures.Allow() {
		s.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "A statement of a tenant failed",
			slog.String("tenant", t.Name), slog.String("path", r.URL.Path),
			slog.String("cause", postgres.LogText(cause)))
	}
}

func (s *Site) directoryUnavailable(w http.ResponseWriter) {
	s.Layout.Send(w, web.Message{
		Page:       s.WithContact(noBlog("This site is temporarily unavailable")),
		Status:     http.StatusServiceUnavailable,
		Lead:       "The server cannot reach its database. No posts are lost.",
		Steps:      retrySteps,
		RetryAfter: RetryAfter,
	})
}

// Panicked answers a request whose handler panicked. The log has the same ID.
func (s *Site) Panicked(w http.ResponseWriter, id string) {
	s.Layout.Send(w, web.Message{
		Page:    s.WithContact(noBlog("Something went wrong")),
		Status:  http.StatusInternalServerError,
		Subject: id,
		Lead:    "The server failed to show this page. The error has been logged under this ID.",
		Steps:   []string{"Reload the page. If the problem persists, contact support and include the ID."},
	})
}
