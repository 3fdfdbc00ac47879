package blog

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// The pages of this file say what went wrong and what to do, for readers first and owners second. None of them quotes
// what the database said.

// retryAfter is when it is worth to ask again for what the database could not give.
const retryAfter = 5 * time.Second

func (s *site) noHost(w http.ResponseWriter, r *http.Request) {
	s.look.Send(w, web.Message{
		Status:  http.StatusNotFound,
		Page:    web.Page{Title: "There is no blog at this address"},
		Subject: web.Shorten(r.Host),
		Lead:    "Blogs are found by their host names, and this is none.",
		Steps:   []string{"Open the blog by its name instead of a number, such as alice.example.com."},
	})
}

func (s *site) unknownHost(w http.ResponseWriter, host string) {
	s.look.Send(w, s.directory.platform().NoBlogAt(host))
}

// inCase adds whom to tell of what ought to pass by itself, where there is an address for that.
func (s *site) inCase(steps ...string) []string {
	if s.contact() == "" {
		return steps
	}
	return append(steps, "If it stays like this, tell those who run the site.")
}

// contact is where those who run the site are reached.
func (s *site) contact() web.Contact { return s.directory.platform().Contact }

func (s *site) notFound(w http.ResponseWriter, r *http.Request, t *tenant) {
	s.look.Send(w, web.Message{
		Status:  http.StatusNotFound,
		Page:    t.page("There is no such page"),
		Subject: web.Shorten(r.URL.Path),
		Lead:    "The post may have been renamed or withdrawn, or the link to it is wrong.",
		Steps:   []string{"Start from the first page of the blog, by its name on top."},
	})
}

func (s *site) suspended(w http.ResponseWriter, t *tenant) {
	s.look.Send(w, web.Message{
		Page:   web.Page{Title: "This blog is suspended", Site: t.DisplayName, Writing: loginToWrite},
		Status: http.StatusPaymentRequired,
		Lead:   fmt.Sprintf("%s is not shown at the moment. Its posts are kept.", t.DisplayName),
		Steps: []string{
			"If it is your blog, renew it, or ask those who run the site. It is back within seconds.",
			"Until then you can log in by \"Write\" below, read your posts and take them with you.",
		},
		Contact: s.contact(),
	})
}

func (s *site) tooMany(w http.ResponseWriter, t *tenant) {
	s.look.Send(w, web.Message{
		Page:       t.page("Too many requests"),
		Status:     http.StatusTooManyRequests,
		Lead:       "This blog is asked for more often than it may be.",
		Steps:      []string{"Wait a second and load the page again."},
		RetryAfter: time.Second,
	})
}

func (s *site) notAllowed(w http.ResponseWriter, t *tenant) {
	w.Header().Set("Allow", "GET, HEAD")
	s.look.Send(w, web.Message{
		Page:   t.page("This page can only be read"),
		Status: http.StatusMethodNotAllowed,
		Lead:   "Nothing can be sent to this address.",
	})
}

func (s *site) noDatabase(w http.ResponseWriter, r *http.Request, t *tenant, cause error) {
	s.logFailure(r, t, cause)
	s.look.Send(w, web.Message{
		Page:       t.page("This blog cannot be shown right now"),
		Status:     http.StatusServiceUnavailable,
		Lead:       "Its database does not answer. Nothing is lost.",
		Steps:      s.inCase("Load the page again in a few seconds."),
		Contact:    s.contact(),
		RetryAfter: retryAfter,
	})
}

// logFailure notes a statement that failed, unless there are too many of them.
func (s *site) logFailure(r *http.Request, t *tenant, cause error) {
	if s.failures.Allow() {
		s.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "A statement for a tenant failed",
			slog.String("tenant", t.Name), slog.String("path", r.URL.Path),
			slog.String("cause", postgres.Explain(cause)), slog.String("sqlstate", postgres.Code(cause)))
	}
}

func (s *site) noDirectory(w http.ResponseWriter) {
	s.look.Send(w, web.Message{
		Page:       web.Page{Title: "This site cannot be shown right now"},
		Status:     http.StatusServiceUnavailable,
		Lead:       "The server cannot reach its database, so it does not know which blog belongs to this address. Nothing is lost.",
		Steps:      s.inCase("Load the page again in a few seconds."),
		Contact:    s.contact(),
		RetryAfter: retryAfter,
	})
}

func (s *site) panicked(w http.ResponseWriter, id string) {
	s.look.Send(w, web.Message{
		Page:    web.Page{Title: "Something went wrong"},
		Status:  http.StatusInternalServerError,
		Subject: id,
		Lead:    "The server made a mistake with this page. It is noted under this number.",
		Steps:   []string{"Load the page again; if it does not help, tell those who run the site the number, by which they find it."},
		Contact: s.contact(),
	})
}
