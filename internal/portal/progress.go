package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/signup"
)

const (
	// refreshInterval is how often the progress page reloads itself without scripts.
	refreshInterval = 2 * time.Second
	// progressInterval is how often a registration is read while its progress is sent, for changes made by other
	// replicas.
	progressInterval = time.Second
	// eventsTime bounds one connection for events. Browsers reconnect by themselves.
	eventsTime = 12 * time.Second
)

// showProgress shows a browser the progress of its registration. Once the blog is live, it logs the person in.
func (p *Portal) showProgress(w http.ResponseWriter, r *visit) error {
	progress, err := p.signup.Progress(r.Context(), p.cookie(r, registrationCookie))
	switch {
	case errors.Is(err, account.ErrNotFound):
		p.clearCookie(w, r, registrationCookie)
		redirect(w, r, "/")
		return nil
	case err != nil:
		return err
	}
	switch progress.State {
	case signup.Live:
		return p.logInRegistered(w, r)
	case signup.Confirming:
		return p.show(w, r, page{name: "register-confirm", title: "Check your email", data: progress})
	case signup.Provisioning:
		return p.show(w, r, page{name: "progress", title: "Creating your blog", data: progress, script: "progress.js", refresh: refreshInterval})
	}
	return p.show(w, r, page{name: "register-failed", title: "Your blog could not be created", data: progress})
}

// logInRegistered logs in the person whose blog is live. The cookie of the registration can be used once.
func (p *Portal) logInRegistered(w http.ResponseWriter, r *visit) error {
	userID, err := p.signup.RedeemToken(r.Context(), p.cookie(r, registrationCookie))
	switch {
	case errors.Is(err, account.ErrNotFound):
		p.clearCookie(w, r, registrationCookie)
		redirect(w, r, "/login/")
		return nil
	case err != nil:
		return err
	}
	if err := p.startSession(w, r, userID); err != nil {
		return err
	}
	p.clearCookie(w, r, registrationCookie)
	p.notice(w, r, "live")
	redirect(w, r, "/")
	return nil
}

// sendProgress sends a browser the steps of its registration as server-sent events, until the progress page shows
// something else.
func (p *Portal) sendProgress(w http.ResponseWriter, r *visit) error {
	token := p.cookie(r, registrationCookie)
	progress, err := p.signup.Progress(r.Context(), token)
	if errors.Is(err, account.ErrNotFound) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // or nginx buffers the events
	changes, stop := p.signup.Watch(progress.ID)
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
		if progress, err = p.signup.Progress(ctx, token); err != nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "Registration not read", slog.String("cause", causeOf(err)))
			return nil // the browser reconnects and gets the error
		}
	}
	_ = sendEvent(w, "end", nil) // the browser may have disconnected
	return nil
}

// stepEvent is a step as the script of the page reads it. ID is that of the element.
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
