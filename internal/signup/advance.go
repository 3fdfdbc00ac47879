package signup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// leaseTime is how long a lease lasts; advanceTimeout, which is shorter, bounds the work done under it.
	leaseTime      = 25 * time.Second
	advanceTimeout = 15 * time.Second
	// recordTimeout bounds the writes that record an outcome after advanceTimeout.
	recordTimeout = 5 * time.Second
)

// Advance moves a registration as far as it can go now, and returns its new state. The package documentation lists the
// transitions. The error is ErrNotFound, or another one if a step failed or another caller works on the registration:
// call Advance again later.
func (s *Service) Advance(ctx context.Context, id string) (Registration, error) {
	ctx, cancel := context.WithTimeout(ctx, advanceTimeout)
	defer cancel()
	if err := s.check(ctx); err != nil {
		return Registration{}, err
	}
	now := s.now()
	r, leased, err := lease(ctx, s.db, id, now, now.Add(leaseTime))
	switch {
	case err != nil:
		return r, err
	case leased:
		err = s.advance(ctx, &r)
	case r.State != Live:
		return r, errLeased
	}
	s.waiters.notify(id)
	return r, err
}

// advance moves a leased registration as far as it can go now, and releases it. The order of the states is such that one
// pass is enough.
func (s *Service) advance(ctx context.Context, r *Registration) error {
	defer s.release(ctx, r)
	for _, from := range []struct {
		state State
		try   func(context.Context, *Registration) error
	}{
		{Confirming, s.checkConfirmation},
		{Provisioning, s.provision},
		{Failed, s.findLateTenant},
		{RollingBack, s.rollBack},
	} {
		if r.State != from.state {
			continue
		}
		if err := from.try(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// release ends the lease of a registration, unless it is live and will not be leased again.
func (s *Service) release(ctx context.Context, r *Registration) {
	if r.State == Live {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := release(ctx, s.db, r.ID, s.now()); err != nil {
		s.logFailure(ctx, "Registration not released: the lease will expire", r, err)
	}
}

func (s *Service) checkConfirmation(ctx context.Context, r *Registration) error {
	switch now := s.now(); {
	case r.Confirmed:
		return changeState(ctx, s.db, r, Provisioning, "", now)
	case now.Sub(r.CreatedAt) >= UnconfirmedLife:
		return s.beginRollback(ctx, r, Unconfirmed)
	}
	return nil
}

// provision creates the Tenant if there is none and this registration may have one, and applies the state of the Tenant
// otherwise.
func (s *Service) provision(ctx context.Context, r *Registration) error {
	if r.fresh {
		return s.createTenant(ctx, r)
	}
	tenant, err := s.tenants.Get(ctx, r.Username)
	switch {
	case err == nil && r.ours(tenant):
		return s.applyTenantState(ctx, r, tenant)
	case r.Confirmed:
		return s.createTenant(ctx, r)
	}
	tenant, err = s.tenants.GetLive(ctx, r.Username) // the cache may be stale
	switch {
	case errors.Is(err, tenants.ErrNotFound):
		return s.beginRollback(ctx, r, Interrupted)
	case err != nil:
		return err
	}
	return s.applyTenantState(ctx, r, tenant)
}

func (s *Service) createTenant(ctx context.Context, r *Registration) error {
	_, err := s.tenants.Create(ctx, tenants.NewTenant{
		Name: r.Username, Owner: v1alpha1.TenantOwner{Username: r.Username, Email: r.Email}, RegistrationID: r.ID,
	})
	if errors.Is(err, tenants.ErrExists) { // ours, if a response was lost
		var tenant *v1alpha1.Tenant
		if tenant, err = s.tenants.GetLive(ctx, r.Username); err == nil {
			return s.applyTenantState(ctx, r, tenant)
		}
	}
	switch {
	case err == nil:
		return nil // the watch reports when it is Ready
	case errors.Is(err, tenants.ErrUnavailable) && r.fresh:
		return s.failUnavailable(ctx, r, err)
	case errors.Is(err, tenants.ErrUnavailable), errors.Is(err, tenants.ErrNotFound):
		return err
	}
	s.logFailure(ctx, "Tenant refused", r, err)
	return s.beginRollback(ctx, r, Refused)
}

// failUnavailable fails a registration whose Tenant could not be created because the API server is unavailable. If the
// failure cannot be recorded, the sweeper finds a registration without a Tenant, and rolls it back as well.
func (s *Service) failUnavailable(ctx context.Context, r *Registration, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := s.beginRollback(ctx, r, Unavailable); err != nil {
		s.logFailure(ctx, "Failed registration not recorded", r, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, cause)
}

// applyTenantState makes the transition that follows from the state of the Tenant with the registration's name. It does
// nothing while that Tenant may still become ready.
func (s *Service) applyTenantState(ctx context.Context, r *Registration, tenant *v1alpha1.Tenant) error {
	switch {
	case !r.ours(tenant), tenants.HasNameConflict(tenant):
		return s.beginRollback(ctx, r, NameTaken)
	case !tenant.DeletionTimestamp.IsZero():
		return s.beginRollback(ctx, r, Deleted)
	case !tenants.IsReady(tenant):
		return nil
	}
	now := s.now()
	if err := activate(ctx, s.db, r, now); err != nil {
		return err
	}
	s.mailQueued()
	s.metrics.count("live", "")
	s.metrics.duration.Observe(now.Sub(r.UpdatedAt).Seconds())
	return nil
}

// isSettled reports whether applyTenantState would make a transition for a Tenant's registration.
func isSettled(tenant *v1alpha1.Tenant) bool {
	return tenants.IsReady(tenant) || tenants.HasNameConflict(tenant) || !tenant.DeletionTimestamp.IsZero()
}

// logFailure logs a step that failed and is retried, by the sweeper at the latest.
func (s *Service) logFailure(ctx context.Context, failed string, r *Registration, err error) {
	s.log.LogAttrs(ctx, slog.LevelWarn, "Registration step failed", slog.String("step", failed), slog.String("registration", r.ID), slog.String("username", r.Username),
		slog.String("state", string(r.State)), slog.String("cause", postgres.LogText(err)))
}
