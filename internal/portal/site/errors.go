package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// retryAfter is when to retry while the database or the API server is unavailable.
const retryAfter = 5 * time.Second

// PageError is the error of a handler that responds with an error page, which says what happened and what to do.
type PageError struct {
	// Status is the HTTP status.
	Status int
	// Title and Lead say what happened.
	Title, Lead string
	// Steps say what to do, one sentence each.
	Steps []string
	// Link is the next action. nil: none.
	Link *web.Link
	// RetryAfter is the value of the Retry-After header. 0: none.
	RetryAfter time.Duration
}

func (f *PageError) Error() string { return f.Title }

// ErrNoPage is the response for a path without a page.
var ErrNoPage = &PageError{
	Status: http.StatusNotFound, Title: "Page not found", Lead: "The link is wrong, or the page was removed.",
	Steps: []string{"Start from the home page: choose the name of the site at the top."},
}

func unreadableForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &PageError{Status: http.StatusRequestEntityTooLarge, Title: "The form is too large", Lead: fmt.Sprintf("A form can be up to %d kB. Go back, shorten the text and try again.", tooLarge.Limit>>10)}
	}
	return &PageError{
		Status: http.StatusBadRequest, Title: "The form cannot be read", Lead: "The browser sent an invalid form.",
		Steps: []string{"Go back, reload the page and try again."},
	}
}

// TooMany is the response to an attempt that a rate limit refuses.
func TooMany(wait time.Duration) *PageError {
	return &PageError{
		Status: http.StatusTooManyRequests, Title: "Too many attempts", RetryAfter: wait,
		Lead:  "There were too many attempts from your network or for this account.",
		Steps: []string{"Wait " + FormatWait(wait) + " and try again."},
	}
}

// FormatWait formats a duration for people, rounded up, such as "a minute" or "3 hours".
func FormatWait(wait time.Duration) string {
	n, unit := int(wait.Seconds())+1, "second"
	switch {
	case wait > 36*time.Hour:
		n, unit = int((wait+24*time.Hour-1)/(24*time.Hour)), "day"
	case wait > 90*time.Minute:
		n, unit = int((wait+time.Hour-1)/time.Hour), "hour"
	case wait > 90*time.Second:
		n, unit = int((wait+time.Minute-1)/time.Minute), "minute"
	}
	if n == 1 {
		return "a " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// fail responds to an error and logs it.
func (s *Site) fail(w http.ResponseWriter, r *Request, err error) {
	level, cause := slog.LevelInfo, ""
	var f *PageError
	if !errors.As(err, &f) {
		f, cause = explain(err), postgres.LogText(err)
	}
	if f.Status >= http.StatusInternalServerError && cause != "" {
		level = slog.LevelError
	}
	var missing *audit.NotRecordedError
	if errors.As(err, &missing) {
		e := missing.Entry
		s.log.LogAttrs(r.Context(), slog.LevelError, "Audit entry not recorded", slog.String("id", r.ID), slog.Time("at", e.At), slog.String("actor", e.Actor),
			slog.String("action", e.Action), slog.String("tenant", e.Tenant), slog.String("username", e.Username), slog.String("detail", e.Detail))
	}
	s.log.LogAttrs(r.Context(), level, "Request failed", slog.String("id", r.ID), slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.Int("status", f.Status), slog.String("title", f.Title), slog.String("cause", cause))
	s.sendFailure(w, r, f)
}

// explain converts the error of a use case to an error page.
func explain(err error) *PageError {
	again := []string{"Try again in a few seconds. No data is lost."}
	var missing *audit.NotRecordedError
	var api *tenants.APIError
	var exceeded *ratelimit.ExceededError
	switch {
	case errors.Is(err, tenants.ErrTakenOver):
		return &PageError{
			Status: http.StatusServiceUnavailable, Title: "This site has moved", RetryAfter: retryAfter,
			Lead:  "Another installation manages its blogs now, so that nothing can be changed here.",
			Steps: []string{"Try again in a few minutes. If this page is still here, contact support: your browser is being sent to the old installation."},
		}
	case errors.As(err, &exceeded):
		return TooMany(exceeded.Wait)
	case errors.As(err, &missing):
		return &PageError{
			Status: http.StatusInternalServerError, Title: "The change was made but not recorded",
			Lead:  "The audit log could not be written. The entry is in the server's log.",
			Steps: []string{"Do not repeat the change. Send the ID above to the site administrators."},
		}
	case errors.Is(err, account.ErrBusy):
		return &PageError{Status: http.StatusServiceUnavailable, Title: "The site is very busy", Lead: "Too many people are logging in or signing up. Nothing was changed.", Steps: again, RetryAfter: retryAfter}
	case errors.Is(err, tenants.ErrNoPlatform):
		return &PageError{Status: http.StatusServiceUnavailable, Title: "The site is starting", Lead: "It has not read its settings yet.", Steps: again, RetryAfter: retryAfter}
	case errors.Is(err, tenants.ErrNotFound): // deleted since the page was opened
		return ErrNoPage
	case errors.Is(err, tenants.ErrConflict):
		return &PageError{Status: http.StatusConflict, Title: "The blog is being changed", Lead: "Nothing was changed, because of other changes at the same time.", Steps: again, RetryAfter: retryAfter}
	case errors.Is(err, tenants.ErrUnavailable):
		return &PageError{Status: http.StatusServiceUnavailable, Title: "Blogs cannot be changed right now", Lead: "Nothing was changed. Readers can still read all blogs.", Steps: again, RetryAfter: retryAfter}
	case !errors.As(err, &api) && postgres.Unavailable(err):
		return &PageError{Status: http.StatusServiceUnavailable, Title: "The database is unavailable", Lead: "Nothing was changed.", Steps: again, RetryAfter: retryAfter}
	case postgres.Busy(err):
		return &PageError{Status: http.StatusServiceUnavailable, Title: "The database is busy", Lead: "Nothing was changed.", Steps: again, RetryAfter: retryAfter}
	}
	return &PageError{
		Status: http.StatusInternalServerError, Title: "Something went wrong", Lead: "The server could not complete the request.",
		Steps: []string{"Try again. If the problem persists, contact support and include the ID above."},
	}
}

// sendFailure responds with an error page that shows the request's ID, by which it can be found in the log.
func (s *Site) sendFailure(w http.ResponseWriter, r *Request, f *PageError) {
	m := web.Message{
		Page:   errorPage(r.Platform, f.Title),
		Status: f.Status, Lead: f.Lead, Steps: f.Steps, Link: f.Link, RetryAfter: f.RetryAfter, Subject: "ID: " + r.ID,
	}
	if r.Platform != nil {
		m.Links = links(r)
	}
	s.layout.Send(w, m)
}

// errorPage returns the frame of an error page. platform is nil if it is not known.
func errorPage(platform *v1alpha1.Platform, title string) web.Page {
	page := web.Page{Title: title, Brand: brand(platform, web.Wide)}
	page.Site = page.Brand.Name
	if platform != nil {
		page.Contact = web.Contact(platform.Spec.Contact)
	}
	return page
}

// Panicked responds to a request whose handler panicked.
func (s *Site) Panicked(w http.ResponseWriter, id string) {
	platform, err := s.options.Tenants.Platform(context.Background())
	if err != nil {
		platform = nil
	}
	s.layout.Send(w, web.Message{
		Page: errorPage(platform, "Something went wrong"), Status: http.StatusInternalServerError, Subject: "ID: " + id,
		Lead:  "The server could not complete the request.",
		Steps: []string{"Try again. If the problem persists, contact support and include the ID above."},
	})
}
