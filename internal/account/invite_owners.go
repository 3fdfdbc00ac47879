package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// inviteNotice is the name of the notice that records the invitation for a tenant. Its date is the day on which the
	// tenant was created.
	inviteNotice = "invite"
	// recently is how long every run checks a tenant after a change.
	recently = time.Hour
	// maxRecent and invitesPageSize are how many of the tenants that have changed recently, and of all tenants in turn, one
	// run checks.
	maxRecent, invitesPageSize = 1000, 200
)

// InviteOwners enqueues an invitation for each owner of a tenant who has no account, once. Each call checks the tenants
// that have changed recently, and the next few of all others, so that its cost does not depend on their number. Calls
// must not be concurrent; replicas may.
func (s *Service) InviteOwners(ctx context.Context) error {
	candidates, err := listRecent(ctx, s.db, s.now().Add(-recently))
	if err != nil {
		return err
	}
	next, err := listNext(ctx, s.db, s.invitesAfter)
	if err != nil {
		return err
	}
	for _, c := range append(candidates, next...) {
		if !c.Uninvited {
			continue
		}
		enqueued, err := s.inviteOwner(ctx, c)
		if err != nil {
			return err
		}
		if enqueued {
			s.mailQueued()
		}
	}
	s.invitesAfter = ""
	if len(next) == invitesPageSize {
		s.invitesAfter = next[len(next)-1].Tenant
	}
	return nil
}

// candidate is a tenant whose owner may have to be invited.
type candidate struct {
	Tenant, Owner string
	CreatedAt     time.Time
	// Uninvited says that the owner has no account and no registration, and was not invited.
	Uninvited bool
}

// OFFSET 0 keeps Postgres from reading all users and registrations for one page.
const selectCandidates = `SELECT t.name, t.owner, t.created_at, t.owner <> ''
	AND NOT EXISTS (SELECT FROM public.users u WHERE u.username = t.owner OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.registrations r WHERE r.username = t.owner OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.notices n WHERE n.tenant = t.name AND n.kind = $1
		AND n.about >= (t.created_at AT TIME ZONE 'UTC')::date)
	FROM public.tenants t WHERE t.state = ` + live

// listRecent returns tenants that have changed since a time, the latest ones.
func listRecent(ctx context.Context, db postgres.Querier, since time.Time) ([]candidate, error) {
	return listCandidates(ctx, db, selectCandidates+` AND t.updated_at > $2 ORDER BY t.updated_at DESC LIMIT $3`, inviteNotice, since, maxRecent)
}

// listNext returns the next tenants by name, beginning after the given name.
func listNext(ctx context.Context, db postgres.Querier, after string) ([]candidate, error) {
	return listCandidates(ctx, db, selectCandidates+` AND t.name > $2 ORDER BY t.name LIMIT $3`, inviteNotice, after, invitesPageSize)
}

func listCandidates(ctx context.Context, db postgres.Querier, sql string, args ...any) ([]candidate, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list owners to invite: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[candidate])
	if err != nil {
		return nil, fmt.Errorf("list owners to invite: %w", err)
	}
	return found, nil
}

// inviteOwner enqueues an invitation unless the Tenant has no address for it, or another account has the address. It
// reports whether it did.
func (s *Service) inviteOwner(ctx context.Context, u candidate) (bool, error) {
	username, email, err := s.blogs.OwnerToInvite(ctx, u.Tenant)
	if err != nil || email == "" || username != u.Owner {
		return false, err
	}
	if _, err := findUser(ctx, s.db, email); !errors.Is(err, ErrNotFound) {
		return false, err
	}
	notice := mail.Notice{Tenant: u.Tenant, Name: inviteNotice, About: u.CreatedAt.UTC().Truncate(24 * time.Hour)}
	return mail.EnqueueOnce(ctx, s.db, notice, mail.Invite{Tenant: u.Tenant, Username: username, Email: email}, s.now())
}
