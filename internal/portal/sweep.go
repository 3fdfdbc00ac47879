package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/accounts"
)

const (
	// sweepInterval is how often a replica looks for registrations that nobody works on.
	sweepInterval = 5 * time.Second
	// sweepAtOnce bounds how many it then works on.
	sweepAtOnce = 32
	// lateTenants is how long after a registration has failed a Tenant of it may still turn up: the API server may act on
	// a request long after who sent it has gone.
	lateTenants = 10 * time.Minute
	// unconfirmedInterval is how often accounts are looked for that were not confirmed in time, and unconfirmedAtOnce how
	// many are read at a time.
	unconfirmedInterval = 30 * time.Second
	unconfirmedAtOnce   = 100
)

// sweepRegistrations completes or undoes what a crash or a lost answer has left, until ctx ends.
func (p *Portal) sweepRegistrations(ctx context.Context) {
	p.every(ctx, sweepInterval, "go on with registrations", func(ctx context.Context) error {
		if !p.cluster.synced(ctx) {
			return nil
		}
		ids, err := accounts.RegistrationsToDo(ctx, p.db, sweepAtOnce, p.now())
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
	failed, err := accounts.FailedRegistrations(ctx, p.db, p.now().Add(-lateTenants))
	if err != nil {
		return err
	}
	for id, name := range failed {
		tenant, err := p.cluster.tenant(ctx, name)
		if err != nil || tenant.Annotations[v1alpha1.AnnotationRegistration] != id || !tenant.DeletionTimestamp.IsZero() {
			continue
		}
		if err := accounts.ResumeUndoing(ctx, p.db, id, p.now()); err != nil {
			return err
		}
	}
	return nil
}

// sweepUnconfirmed removes accounts whose address was not confirmed in time and whose owner never wrote, until ctx ends.
func (p *Portal) sweepUnconfirmed(ctx context.Context) {
	p.every(ctx, unconfirmedInterval, "remove unconfirmed accounts", func(ctx context.Context) error {
		if !p.cluster.synced(ctx) {
			return nil
		}
		var failed error
		for last := int64(0); ; {
			idle, err := accounts.ListIdle(ctx, p.db, last, unconfirmedAtOnce, p.now())
			if err != nil {
				return err
			}
			for _, user := range idle {
				failed = errors.Join(failed, p.removeIdle(ctx, user))
				last = user.ID
			}
			if len(idle) < unconfirmedAtOnce {
				return failed
			}
		}
	})
}

// removeIdle deletes the blog that a registration has made for a user, and the user when the blog is gone. Who has
// another blog as well, or one that was not made by a registration, stays.
func (p *Portal) removeIdle(ctx context.Context, user accounts.Idle) error {
	owned, err := p.cluster.ownedBy(ctx, user.Username)
	if err != nil {
		return err
	}
	for i := range owned {
		if owned[i].Name != user.Username || owned[i].Annotations[v1alpha1.AnnotationRegistration] == "" {
			return nil
		}
	}
	tenant, err := p.cluster.liveTenant(ctx, user.Username)
	switch {
	case apierrors.IsNotFound(err):
		err = accounts.DeleteIdle(ctx, p.db, user.ID)
	case err != nil:
	case ownerOf(tenant) == nil || ownerOf(tenant)[0] != user.Username || tenant.Annotations[v1alpha1.AnnotationRegistration] == "":
		return nil
	default:
		err = p.cluster.discard(ctx, tenant)
	}
	if err != nil {
		return fmt.Errorf("remove the unconfirmed account %s: %w", user.Username, err)
	}
	p.log.LogAttrs(ctx, slog.LevelInfo, "Removing an account that was not confirmed in time", slog.String("username", user.Username))
	return nil
}
