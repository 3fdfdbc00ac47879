package signup

import (
	"context"
	"errors"

	"github.com/echoblogs/echoblogs/internal/tenants"
)

// findLateTenant resumes the rollback of a failed registration whose Tenant was created afterwards: the API server may
// execute a request long after the client has timed out.
func (s *Service) findLateTenant(ctx context.Context, r *Registration) error {
	if !s.hasTenant(ctx, r) {
		return nil
	}
	return changeState(ctx, s.db, r, RollingBack, r.Failure, s.now())
}

// hasTenant reports whether the cache holds a Tenant of a registration that is not being deleted.
func (s *Service) hasTenant(ctx context.Context, r *Registration) bool {
	tenant, err := s.tenants.Get(ctx, r.Username)
	return err == nil && r.ours(tenant) && tenant.DeletionTimestamp.IsZero()
}

func (s *Service) beginRollback(ctx context.Context, r *Registration, failure Failure) error {
	if err := changeState(ctx, s.db, r, RollingBack, failure, s.now()); err != nil {
		return err
	}
	s.metrics.count("failed", string(failure))
	return nil
}

// rollBack deletes the Tenant with its data and, once it is gone, the user.
func (s *Service) rollBack(ctx context.Context, r *Registration) error {
	tenant, err := s.tenants.GetLive(ctx, r.Username)
	switch {
	case errors.Is(err, tenants.ErrNotFound), err == nil && !r.ours(tenant):
		return finishRollback(ctx, s.db, r, s.now())
	case err != nil:
		return err
	}
	return s.tenants.Discard(ctx, tenant)
}
