package public

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/signup"
)

const (
	// refreshInterval is how often the progress page reloads itself without scripts.
	refreshInterval = 2 * time.Second
	// progressInterval is how often sendProgress reads a registration, to notice changes made by other replicas.
	progressInterval = time.Second
	// eventsTime bounds one connection for events. Browsers reconnect by themselves.
	eventsTime = 12 * time.Second
)

// progressPage is the view of the pages about a registration.
type progressPage struct {
	Username, Email string
	Steps           []signup.Step
	// Form corrects the address. nil: this browser did not sign up.
	Form *site.Form
	// Failure says why the registration failed. Empty: it has not failed.
	Failure string
	// Again is the address of the sign-up form, with the user name if people can sign up with it now.
	Again string
}

// showProgress shows a browser the progress of its registration. Once the blog is live, it logs the person in.
func (p *Pages) showProgress(w http.ResponseWriter, r *site.Request) error {
	progress, err := p.SignUp.Progress(r.Context(), r.CookieValue(site.RegistrationCookie))
	switch {
	case errors.Is(err, account.ErrNotFound):
		r.ClearCookie(w, site.RegistrationCookie)
		site.Redirect(w, r, "/")
		return nil
	case err != nil:
		return err
	}
	shown := progressPage{Username: progress.Username, Email: progress.Email, Steps: progress.Steps, Failure: progress.Failure.Sentence()}
	switch progress.State {
	case signup.Live:
		return p.logInRegistered(w, r)
	case signup.Confirming:
		shown.Form = site.NewForm(r)
		shown.Form.Values["email"] = progress.Email
		return p.Show(w, r, site.Page{Name: "register-confirm", Title: "Check your email", Data: shown})
	case signup.Provisioning:
		return p.Show(w, r, site.Page{Name: "progress", Title: "Creating your blog", Data: shown, Script: "progress.js", Refresh: refreshInterval})
	}
	shown.Again = "/register/"
	if refusal, err := p.SignUp.CheckUsername(r.Context(), progress.Username, r.Address); err == nil && refusal == "" {
		shown.Again += "?username=" + progress.Username
	}
	return p.Show(w, r, site.Page{Name: "register-failed", Title: "Your blog could not be created", Data: shown})
}

// logInRegistered logs in the person whose blog is live. The registration cookie can be used once.
func (p *Pages) logInRegistered(w http.ResponseWriter, r *site.Request) error {
	userID, err := p.SignUp.RedeemToken(r.Context(), r.CookieValue(site.RegistrationCookie))
	if err == nil {
		err = p.startSession(w, r, userID)
	}
	switch {
	case errors.Is(err, account.ErrNotFound):
		r.ClearCookie(w, site.RegistrationCookie)
		site.Redirect(w, r, "/login/")
		return nil
	case err != nil:
		return err
	}
	r.ClearCookie(w, site.RegistrationCookie)
	site.RedirectWithNotice(w, r, "/", site.NoticeLive)
	return nil
}

// sendProgress sends a browser the steps of its registration as server-sent events. The event "end" tells it to reload
// the page, which then shows the outcome.
func (p *Pages) sendProgress(w http.ResponseWriter, r *site.Request) error {
	token := r.CookieValue(site.RegistrationCookie)
	progress, err := p.SignUp.Progress(r.Context(), token)
	if errors.Is(err, account.ErrNotFound) {
		return site.ErrNoPage
	}
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // or nginx buffers the events
	changes, stop := p.SignUp.Watch(progress.ID)
	defer stop()
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(r.Context(), eventsTime)
	defer cancel()
	for progress.State == signup.Provisioning {
		if err := sendEvent(w, "steps", stepEvents(progress.Steps)); err != nil {
			return nil // the browser has disconnected
		}
		select {
		case <-changes:
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if progress, err = p.SignUp.Progress(ctx, token); err != nil {
			p.Log.LogAttrs(ctx, slog.LevelWarn, "Registration not read", slog.String("cause", postgres.LogText(err)))
			return nil // the browser reconnects and gets the error
		}
	}
	_ = sendEvent(w, "end", nil) // the browser may have disconnected
	return nil
}

// stepEvent is a step as the script of the page reads it. ID is the ID of the HTML element.
type stepEvent struct {
	ID   string `json:"id"`
	Done bool   `json:"done"`
}

func stepEvents(steps []signup.Step) []stepEvent {
	events := make([]stepEvent, 0, len(steps))
	for _, s := range steps {
		events = append(events, stepEvent{ID: "step." + s.ID, Done: s.Done})
	}
	return events
}

func sendEvent(w http.ResponseWriter, name string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, encoded); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return http.NewResponseController(w).Flush()
}
