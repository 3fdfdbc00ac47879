package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// refreshInterval is how often the page of the steps loads itself where no script does better.
	refreshInterval = 2 * time.Second
	// progressInterval is how often a registration is read whose steps are shown: other replicas work on it too.
	progressInterval = time.Second
	// eventsTime bounds one connection that tells of steps. Browsers connect again by themselves.
	eventsTime = 12 * time.Second
)

// step is one of those to a live blog.
type step struct {
	// ID is that of the page's element.
	ID string `json:"id"`
	// Title says what it is.
	Title string `json:"-"`
	// Done reports whether it is behind us.
	Done bool `json:"done"`
}

// stepConditions are the steps that the operator does, by the conditions that tell of them.
var stepConditions = []struct{ condition, id, title string }{
	{v1alpha1.ConditionDatabaseReady, "step.database", "A place for your posts"},
	{v1alpha1.ConditionDomainsReady, "step.domains", "Your blog's address"},
	{v1alpha1.ConditionRouteReady, "step.route", "The way to it"},
	{v1alpha1.ConditionServing, "step.serving", "Your blog answers"},
}

// stepsOf tells how far a registration is.
func (p *Portal) stepsOf(ctx context.Context, r *signup.Registration) []step {
	tenant, err := p.tenants.Get(ctx, r.Username)
	if err != nil || tenants.RegistrationID(tenant) != r.ID {
		tenant = &v1alpha1.Tenant{}
	}
	steps := []step{{ID: "step.account", Title: "Your account", Done: true}}
	for _, s := range stepConditions {
		steps = append(steps, step{ID: s.id, Title: s.title, Done: meta.IsStatusConditionTrue(tenant.Status.Conditions, s.condition)})
	}
	return steps
}

// progress is what the page of the steps takes.
type progress struct {
	*signup.Registration
	Steps []step
}

// showProgress shows a browser how far its registration is, and logs it in when its blog is live.
func (p *Portal) showProgress(w http.ResponseWriter, r *visit) error {
	registration, err := p.ownRegistration(r)
	switch {
	case errors.Is(err, account.ErrNotFound):
		p.clearCookie(w, r, registrationCookie)
		redirect(w, r, "/") // which is the home page of who is logged in
		return nil
	case err != nil:
		return err
	}
	switch registration.State {
	case signup.Live:
		return p.enter(w, r)
	case signup.Confirming:
		return p.show(w, r, page{name: "register-confirm", title: "Confirm your address", data: registration})
	case signup.Provisioning:
		return p.show(w, r, page{
			name: "progress", title: "Your blog is being made", data: progress{registration, p.stepsOf(r.Context(), registration)},
			script: "progress.js", refresh: refreshInterval,
		})
	}
	return p.show(w, r, page{name: "register-failed", title: "Your blog could not be made", data: registration})
}

// ownRegistration returns the registration of who asks, or ErrNotFound. One whose Tenant has come to something is taken
// further first.
func (p *Portal) ownRegistration(r *visit) (*signup.Registration, error) {
	token := p.cookie(r, registrationCookie)
	if token == "" {
		return nil, account.ErrNotFound
	}
	registration, err := signup.FindRegistration(r.Context(), p.db, token)
	if err != nil || registration.State != signup.Provisioning || !p.decided(r.Context(), &registration) {
		return &registration, err
	}
	if err := p.resume(r.Context(), registration.ID); err != nil {
		p.logWork(r.Context(), &registration, err) // it goes on later
	}
	registration, err = signup.FindRegistration(r.Context(), p.db, token)
	return &registration, err
}

// decided reports whether the Tenant of a registration, as it was last seen, has become what it is to be, or cannot.
func (p *Portal) decided(ctx context.Context, r *signup.Registration) bool {
	tenant, err := p.tenants.Get(ctx, r.Username)
	return err == nil && tenants.RegistrationID(tenant) == r.ID &&
		(tenants.IsReady(tenant) || tenants.HasNameConflict(tenant) || !tenant.DeletionTimestamp.IsZero())
}

// enter logs in who has registered, for which the cookie is good once.
func (p *Portal) enter(w http.ResponseWriter, r *visit) error {
	userID, err := signup.TradeRegistration(r.Context(), p.db, p.cookie(r, registrationCookie))
	switch {
	case errors.Is(err, account.ErrNotFound):
		p.clearCookie(w, r, registrationCookie)
		redirect(w, r, "/login/")
		return nil
	case err != nil:
		return err
	}
	if err := p.logIn(w, r, userID); err != nil {
		return err
	}
	p.clearCookie(w, r, registrationCookie)
	p.notice(w, r, "live")
	redirect(w, r, "/")
	return nil
}

// sendProgress tells a browser of the steps of its registration as they come true, as server-sent events, until
// something else is to be shown.
func (p *Portal) sendProgress(w http.ResponseWriter, r *visit) error {
	registration, err := p.ownRegistration(r)
	if errors.Is(err, account.ErrNotFound) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would keep the events back
	changes, done := p.tenants.Watch(registration.Username)
	defer done()
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(r.Context(), eventsTime)
	defer cancel()
	for registration.State == signup.Provisioning {
		if err := sendEvent(w, "steps", p.stepsOf(ctx, registration)); err != nil {
			return nil // the browser has gone
		}
		select {
		case <-changes:
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		next, err := p.ownRegistration(r)
		if err != nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "A registration cannot be read", slog.String("cause", causeOf(err)))
			return nil // the browser connects again, and is told
		}
		registration = next
	}
	_ = sendEvent(w, "end", nil) // when the browser has gone, nobody is to be told
	return nil
}

func sendEvent(w http.ResponseWriter, name string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, encoded); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	return http.NewResponseController(w).Flush()
}
