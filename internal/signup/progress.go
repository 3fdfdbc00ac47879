package signup

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Step is a step on the way to a live blog.
type Step struct {
	// ID is a short name that does not change.
	ID string
	// Title describes the step to the person who waits for it.
	Title string
	// Done reports whether the step has completed.
	Done bool
}

// stepConditions are the steps that the operator performs, with the conditions that report them.
var stepConditions = []struct{ condition, id, title string }{
	{v1alpha1.ConditionDatabaseReady, "database", "A place for your posts"},
	{v1alpha1.ConditionDomainsReady, "domains", "Your blog's address"},
	{v1alpha1.ConditionRouteReady, "route", "The route to your blog"},
	{v1alpha1.ConditionServing, "serving", "Your blog is online"},
}

// Steps returns the steps of a registration and its Tenant. tenant is nil if there is none yet.
func Steps(tenant *v1alpha1.Tenant) []Step {
	steps := []Step{{ID: "account", Title: "Your account", Done: true}}
	for _, c := range stepConditions {
		done := tenant != nil && meta.IsStatusConditionTrue(tenant.Status.Conditions, c.condition)
		steps = append(steps, Step{ID: c.id, Title: c.title, Done: done})
	}
	return steps
}

// Progress is a registration as it is shown to the person who signs up.
type Progress struct {
	Registration
	// Steps are the steps to a live blog.
	Steps []Step
}

// Progress returns the registration of the browser that has a token, or ErrNotFound. It changes nothing.
func (s *Service) Progress(ctx context.Context, token string) (Progress, error) {
	r, err := registrationByToken(ctx, s.db, token)
	if err != nil {
		return Progress{}, err
	}
	tenant, err := s.tenants.Get(ctx, r.Username)
	if err != nil || !r.ours(tenant) {
		tenant = nil
	}
	return Progress{Registration: r, Steps: Steps(tenant)}, nil
}

// Watch returns a channel that receives a value after each change of a registration or its Tenant that this replica
// notices. Call stop when done.
func (s *Service) Watch(id string) (changes <-chan struct{}, stop func()) { return s.waiters.add(id) }

// RedeemToken returns the ID of the user of a live registration, so that the caller can log them in, or ErrNotFound. A
// token can be redeemed once.
func (s *Service) RedeemToken(ctx context.Context, token string) (userID int64, err error) {
	return redeemToken(ctx, s.db, token)
}

// Confirmed advances the registration of a user who has just confirmed their address, if it waits for that.
func (s *Service) Confirmed(ctx context.Context, userID int64) error {
	id, err := idOfUser(ctx, s.db, userID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	// Closing the page does not cancel the sign-up.
	if r, err := s.Advance(context.WithoutCancel(ctx), id); err != nil {
		s.logFailure(ctx, "Registration not advanced: it will be retried", &r, err)
	}
	return nil
}
