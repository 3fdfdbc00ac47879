package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// retryAfter is when it is worth to ask again for what the database or the API server could not give.
const retryAfter = 5 * time.Second

// failure is an answer that says what went wrong and what to do. It is no fault of the program.
type failure struct {
	status      int
	title, lead string
	steps       []string
	// link is what the visitor may want next. nil: nothing.
	link       *web.Link
	retryAfter time.Duration
}

func (f *failure) Error() string { return f.title }

var errNoPage = &failure{
	status: http.StatusNotFound, title: "There is no such page", lead: "The link to it is wrong, or the page is gone.",
	steps: []string{"Start from the first page, by the site's name on top."},
}

var errCrossOrigin = &failure{
	status: http.StatusForbidden, title: "That came from another site", lead: "Nothing was changed: the form was not one of this site's.",
	steps: []string{"Open the page here and do it again."},
}

func unreadableForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &failure{status: http.StatusRequestEntityTooLarge, title: "That was too much", lead: fmt.Sprintf("A form may hold %d kB.", tooLarge.Limit>>10)}
	}
	return &failure{status: http.StatusBadRequest, title: "The form cannot be read", lead: "Your browser sent something that is no form.", steps: []string{"Go back, load the page again and send it once more."}}
}

// tooMany is the answer to an attempt that a rate limit refuses.
func tooMany(wait time.Duration) *failure {
	return &failure{
		status: http.StatusTooManyRequests, title: "Too many attempts", retryAfter: wait,
		lead:  "There were too many attempts from your network or for this account.",
		steps: []string{"Wait " + inWords(wait) + " and try again."},
	}
}

// inWords says how long a wait is, rounded up.
func inWords(wait time.Duration) string {
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

// fail answers an error.
func (p *Portal) fail(w http.ResponseWriter, r *visit, err error) {
	level, cause := slog.LevelInfo, ""
	var f *failure
	if !errors.As(err, &f) {
		f, cause = explain(err), causeOf(err)
	}
	if f.status >= http.StatusInternalServerError && cause != "" {
		level = slog.LevelError
	}
	var missing *audit.NotRecordedError
	if errors.As(err, &missing) {
		e := missing.Entry
		p.log.LogAttrs(r.Context(), slog.LevelError, "Audit entry not recorded", slog.String("id", r.ID), slog.Time("at", e.At), slog.String("actor", e.Actor),
			slog.String("action", e.Action), slog.String("tenant", e.Tenant), slog.String("username", e.Username), slog.String("detail", e.Detail))
	}
	p.log.LogAttrs(r.Context(), level, "Request failed", slog.String("id", r.ID), slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.Int("status", f.status), slog.String("title", f.title), slog.String("cause", cause))
	p.sendFailure(w, r, f)
}

// explain says what an error of a store means for a visitor.
func explain(err error) *failure {
	again := []string{"Try again in a few seconds. Nothing is lost."}
	var missing *audit.NotRecordedError
	var api *tenants.APIError
	var exceeded *ratelimit.ExceededError
	switch {
	case errors.As(err, &exceeded):
		return tooMany(exceeded.Wait)
	case errors.As(err, &missing):
		return &failure{
			status: http.StatusInternalServerError, title: "The change was made but not recorded",
			lead:  "The audit log could not be written. The entry is in the server's log.",
			steps: []string{"Do not repeat the change. Contact support with the ID above."},
		}
	case errors.Is(err, account.ErrBusy):
		return &failure{status: http.StatusServiceUnavailable, title: "The site is very busy", lead: "More people log in at this moment than the site can serve.", steps: again, retryAfter: retryAfter}
	case errors.Is(err, tenants.ErrNoPlatform):
		return &failure{status: http.StatusServiceUnavailable, title: "The site is not ready yet", lead: "It does not know its own settings yet.", steps: again, retryAfter: retryAfter}
	case errors.Is(err, tenants.ErrNotFound): // it was deleted while the request was served
		return errNoPage
	case errors.Is(err, tenants.ErrConflict):
		return &failure{status: http.StatusConflict, title: "The blog is being changed", lead: "Nothing was changed: other changes got in the way.", steps: again, retryAfter: retryAfter}
	case errors.Is(err, tenants.ErrUnavailable):
		return &failure{status: http.StatusServiceUnavailable, title: "Blogs cannot be changed right now", lead: "Readers are not affected. Nothing was changed.", steps: again, retryAfter: retryAfter}
	case !errors.As(err, &api) && postgres.Unavailable(err):
		return &failure{status: http.StatusServiceUnavailable, title: "The site cannot reach its database", lead: "Nothing was changed.", steps: again, retryAfter: retryAfter}
	}
	return &failure{
		status: http.StatusInternalServerError, title: "Something went wrong", lead: "The server failed to show this page.",
		steps: []string{"Try again. If it still fails, contact support with the ID above."},
	}
}

// causeOf returns the text of an error for the log.
func causeOf(err error) string { return postgres.LogText(err) }

// sendFailure answers with the page of a failure, and its ID in the log.
func (p *Portal) sendFailure(w http.ResponseWriter, r *visit, f *failure) {
	m := web.Message{
		Page:   web.Page{Title: f.title, Site: siteName},
		Status: f.status, Lead: f.lead, Steps: f.steps, Link: f.link, RetryAfter: f.retryAfter, Subject: "ID: " + r.ID,
	}
	if r.Platform != nil {
		m.Links, m.Contact = links(r), r.Contact()
	}
	p.pages.layout.Send(w, m)
}

func (p *Portal) panicked(w http.ResponseWriter, id string) {
	m := web.Message{
		Page:    web.Page{Title: "Something went wrong", Site: siteName},
		Status:  http.StatusInternalServerError,
		Subject: "ID: " + id,
		Lead:    "The server failed to show this page. The error has been logged under this ID.",
		Steps:   []string{"Try again. If it still fails, contact support with the ID above."},
	}
	if platform, err := p.tenants.Platform(context.Background()); err == nil {
		m.Contact = web.Contact(platform.Spec.Contact)
	}
	p.pages.layout.Send(w, m)
}
