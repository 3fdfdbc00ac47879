package site

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

const (
	// answerLife is how long the answer to a form is kept for further clicks. One that refuses the form is only for clicks that
	// wait for it: the same form may be right a moment later, and counts as another attempt.
	answerLife = time.Minute
	// answerPoll is how often a further click looks for the answer to the first, which another replica may process.
	answerPoll = 100 * time.Millisecond
	// recordTimeout bounds the write that keeps an answer.
	recordTimeout = 5 * time.Second
)

// errInProgress is the response to a further click that has waited too long, or with too many others.
var errInProgress = &PageError{
	Status: http.StatusServiceUnavailable, Title: "The form is still being processed", Lead: "You sent it a moment ago, and it is not done yet.",
	Steps: []string{"Wait a few seconds, then reload this page."}, RetryAfter: retryAfter,
}

// Once returns a handler that processes a form once: further clicks on its button get the answer of the first, which is
// processed to its end although the browser no longer waits for it. A browser is known by its ID, and by the given cookies
// if the answer depends on them. Without an ID, every click is processed: see KeepBrowserID. One answer is kept for each
// secret in these cookies, or else for each ID: a user who sends other IDs with one session makes the database keep no more.
func (p *Pages) Once(handler Handler, cookies ...string) Handler {
	return func(w http.ResponseWriter, r *Request) error {
		browser := r.CookieValue(browserCookie)
		if !secret.IsSecret(browser) {
			return handler(w, r)
		}
		content := []string{browser}
		for _, name := range cookies {
			value := r.CookieValue(name)
			if content = append(content, value); secret.IsSecret(value) {
				browser = value
			}
		}
		content = append(content, r.URL.Path, r.PostForm.Encode())
		form := account.Form{Browser: browser, Content: strings.Join(content, "\x00")}
		kept, began, err := p.site.beginForm(r, form)
		switch {
		case err != nil:
			return err
		case began:
			return p.site.processForm(w, r, form, handler)
		}
		return sendKept(w, kept)
	}
}

// beginForm is account.BeginForm, and waits while the form is being processed. It holds no connection while it waits.
func (s *Site) beginForm(r *Request, form account.Form) (kept []byte, began bool, err error) {
	kept, began, err = s.options.Accounts.BeginForm(r.Context(), form, false)
	if kept != nil || began || err != nil {
		return kept, began, err
	}
	if !s.waiters.add(form.Browser) {
		return nil, false, errInProgress
	}
	defer s.waiters.remove(form.Browser)
	poll := time.NewTicker(answerPoll)
	defer poll.Stop()
	for kept == nil && !began && err == nil {
		select {
		case <-poll.C:
			kept, began, err = s.options.Accounts.BeginForm(r.Context(), form, true)
		case <-r.Context().Done():
		}
		if r.Context().Err() != nil && !began {
			return nil, false, errInProgress
		}
	}
	return kept, began, err
}

// processForm handles a form, and keeps the answer before it sends it.
func (s *Site) processForm(w http.ResponseWriter, r *Request, form account.Form, handler Handler) error {
	ctx := context.WithoutCancel(r.Context())
	if end, limited := r.Context().Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	r.Request = r.WithContext(ctx)
	a := answer{Fields: make(http.Header)}
	err := handler(&a, r)
	var kept []byte
	life := answerLife
	if a.Status == http.StatusUnprocessableEntity {
		life = 0
	}
	if err == nil {
		kept = a.encode()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if failed := s.options.Accounts.EndForm(ctx, form, kept, life); failed != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "Answer to a form not kept", slog.String("id", r.ID), slog.String("cause", postgres.LogText(failed)))
	}
	if err != nil {
		return err
	}
	a.send(w)
	return nil
}
