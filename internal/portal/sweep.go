package portal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// sweepInterval is how often a replica looks for registrations that nobody works on.
	sweepInterval = 5 * time.Second
	// sweepAtOnce bounds how many it then works on.
	sweepAtOnce = 32
	// lateTenants is how long after a registration has failed a Tenant of it may still turn up: the API server may act on
	// a request long after who sent it has gone.
	lateTenants = 10 * time.Minute
)

// sweepRegistrations completes or undoes what a crash or a lost answer has left, until ctx ends.
func (p *Portal) sweepRegistrations(ctx context.Context) {
	p.every(ctx, sweepInterval, "go on with registrations", func(ctx context.Context) error {
		if !p.tenants.Synced(ctx) {
			return nil
		}
		ids, err := signup.RegistrationsToDo(ctx, p.db, sweepAtOnce, p.now())
		if err != nil {
			return err
		}
		var running sync.WaitGroup
		for _, id := range ids {
			running.Go(func() {
				if err := p.resume(ctx, id); err != nil {
					p.log.LogAttrs(ctx, slog.LevelWarn, "A registration goes on later", slog.String("registration", id), slog.String("cause", causeOf(err)))
				}
			})
		}
		running.Wait()
		return p.findLateTenants(ctx)
	})
}

// findLateTenants has Tenants taken back whose registration has failed before they turned up.
func (p *Portal) findLateTenants(ctx context.Context) error {
	failed, err := signup.FailedRegistrations(ctx, p.db, p.now().Add(-lateTenants))
	if err != nil {
		return err
	}
	for id, name := range failed {
		tenant, err := p.tenants.Get(ctx, name)
		if err != nil || tenants.RegistrationID(tenant) != id || !tenant.DeletionTimestamp.IsZero() {
			continue
		}
		if err := signup.ResumeUndoing(ctx, p.db, id, p.now()); err != nil {
			return err
		}
	}
	return nil
}
