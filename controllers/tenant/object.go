package tenant

import (
	"context"

	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// keepObject keeps the Tenant's object in the registry up to date, so that the Tenant can be created again if the API server
// loses it. It is the last step, also of a Tenant that is Stalled for a reason that does not concern its row.
func (r *Reconciler) keepObject(ctx context.Context, s *scope) error {
	if desired.IsKept(s.tenant, s.row) {
		return nil
	}
	live, err := r.readLive(ctx, s.tenant)
	switch {
	case err != nil:
		return err
	case live == nil || live.UID != s.tenant.UID:
		return step.SkipStatus(requeue.ConflictRetry)
	case desired.IsKept(live, s.row): // the cache lags, and another operator does not
		return nil
	}
	object, err := desired.Object(live)
	if err != nil {
		return err
	}
	if err := s.store.KeepObject(ctx, s.row, object); err != nil {
		return s.databaseError(err)
	}
	return nil
}

// readObject returns the Tenant's object, from the API server if the cache has only a part of it. The object of a Tenant that is
// gone has no field managers.
func (r *Reconciler) readObject(ctx context.Context, s *scope) (tenancy.Object, error) {
	if desired.HasManagers(s.tenant) {
		return desired.Object(s.tenant)
	}
	live, err := r.readLive(ctx, s.tenant)
	if err != nil {
		return tenancy.Object{}, err
	}
	if live == nil || live.UID != s.tenant.UID {
		live = s.tenant
	}
	return desired.Object(live)
}
