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
	// inviteNotice is the name of the invitation among the notices of a tenant. It is about the day of the tenant's
	// creation.
	inviteNotice = "invite"
	// invitesPageSize is how many tenants are read at once.
	invitesPageSize = 200
)

// TenantOwners reads what Tenants say of their owners.
type TenantOwners interface {
	// OwnerToInvite returns the user name and email address of a Tenant's owner. It returns an empty email address when
	// the Tenant names none, is not ready, is being deleted, or belongs to a registration, whose owner needs no
	// invitation.
	OwnerToInvite(ctx context.Context, tenant string) (username, email string, err error)
}

// InviteOwners enqueues an invitation for each owner of a tenant who has no account, once, and returns how many it
// enqueued.
func InviteOwners(ctx context.Context, db postgres.Beginner, owners TenantOwners, now time.Time) (int, error) {
	sent := 0
	for last := ""; ; {
		uninvited, err := listUninvited(ctx, db, last)
		if err != nil || len(uninvited) == 0 {
			return sent, err
		}
		for _, u := range uninvited {
			enqueued, err := u.invite(ctx, db, owners, now)
			if err != nil {
				return sent, err
			}
			if enqueued {
				sent++
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

// listUninvited returns a page of such tenants, by name from after on.
func listUninvited(ctx context.Context, db postgres.Querier, after string) ([]uninvited, error) {
	rows, err := db.Query(ctx, `SELECT t.name, t.owner, t.created_at FROM public.tenants t
		WHERE t.state = 'live' AND t.owner <> '' AND t.name > $1
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

// invite enqueues an invitation unless the Tenant names no address for it, or another account has the address.
func (u uninvited) invite(ctx context.Context, db postgres.Beginner, owners TenantOwners, now time.Time) (bool, error) {
	username, email, err := owners.OwnerToInvite(ctx, u.Tenant)
	if err != nil || email == "" || username != u.Owner {
		return false, err
	}
	if _, err := FindUser(ctx, db, email); !errors.Is(err, ErrNotFound) {
		return false, err
	}
	notice := mail.Notice{Tenant: u.Tenant, Name: inviteNotice, About: u.CreatedAt.UTC().Truncate(24 * time.Hour)}
	return mail.EnqueueOnce(ctx, db, notice, mail.Invite{Tenant: u.Tenant, Username: username, Email: email}, now)
}
