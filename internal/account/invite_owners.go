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
	// invitesPageSize is how many tenants are read at once.
	invitesPageSize = 200
)

// InviteOwners enqueues an invitation for each owner of a tenant who has no account, once.
func (s *Service) InviteOwners(ctx context.Context) error {
	for last := ""; ; {
		page, err := listUninvited(ctx, s.db, last)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, u := range page {
			enqueued, err := s.inviteOwner(ctx, u)
			if err != nil {
				return err
			}
			if enqueued {
				s.mailQueued()
			}
			last = u.Tenant
		}
	}
}

// uninvited is a tenant whose owner has no account and no registration, and was not invited.
type uninvited struct {
	Tenant, Owner string
	CreatedAt     time.Time
}

// listUninvited returns a page of uninvited tenants, ordered by name, beginning after the given name.
func listUninvited(ctx context.Context, db postgres.Querier, after string) ([]uninvited, error) {
	rows, err := db.Query(ctx, `SELECT t.name, t.owner, t.created_at FROM public.tenants t
		WHERE t.state = `+live+` AND t.owner <> '' AND t.name > $1
			AND NOT EXISTS (SELECT FROM public.users u WHERE u.username = t.owner)
			AND NOT EXISTS (SELECT FROM public.registrations r WHERE r.username = t.owner)
			AND NOT EXISTS (SELECT FROM public.notices n WHERE n.tenant = t.name AND n.kind = $2
				AND n.about >= (t.created_at AT TIME ZONE 'UTC')::date)
		ORDER BY t.name LIMIT $3`, after, inviteNotice, invitesPageSize)
	if err != nil {
		return nil, fmt.Errorf("list owners without an account: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[uninvited])
	if err != nil {
		return nil, fmt.Errorf("list owners without an account: %w", err)
	}
	return found, nil
}

// inviteOwner enqueues an invitation unless the Tenant has no address for it, or another account has the address. It
// reports whether it did.
func (s *Service) inviteOwner(ctx context.Context, u uninvited) (bool, error) {
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
