package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// NoticeInvite is the notice to the owner of a Tenant who has no account yet; it is about the day of its creation.
const NoticeInvite = "invite"

// Notice is something that the owner of a tenant is told once.
type Notice struct {
	// Tenant, Kind and About tell notices apart; About is a day in UTC.
	Tenant, Kind string
	About        time.Time
}

// SendOnce queues a mail unless its notice was given before, by this replica or another one, and reports whether it did.
func SendOnce(ctx context.Context, db postgres.Beginner, n Notice, m outbox.Mail, now time.Time) (bool, error) {
	queued := false
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			n.Tenant, n.Kind, n.About, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		queued = true
		return outbox.Queue(ctx, tx, m, now)
	})
	if err != nil {
		return false, fmt.Errorf("give the owner of tenant %s the notice %s: %w", n.Tenant, n.Kind, err)
	}
	return queued, nil
}

// Due is a tenant whose paid time ends soon or has ended, and its owner.
type Due struct {
	Tenant string
	// PaidUntil is the last paid day, and SuspendAt the moment from which readers cannot read.
	PaidUntil, SuspendAt time.Time
	// UserID and Email are the owner's.
	UserID int64
	Email  string
}

// ListDue returns tenants that are paid until a day or less and are not suspended, with owners who can log in: in the
// order of their names, those after the given one.
func ListDue(ctx context.Context, db postgres.Querier, until time.Time, after string, limit int, now time.Time) ([]Due, error) {
	rows, err := db.Query(ctx, `SELECT t.name, t.paid_until, t.suspend_at, u.id, u.email
		FROM public.tenants t JOIN public.users u ON u.username = t.owner
		WHERE t.state = 'live' AND t.paid_until <= $1 AND t.suspend_at > $2 AND u.state = 'active' AND t.name > $3
		ORDER BY t.name LIMIT $4`, until, now, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list whose paid time ends: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Due])
	if err != nil {
		return nil, fmt.Errorf("list whose paid time ends: %w", err)
	}
	return due, nil
}

// Uninvited is a tenant whose owner has no account, and no registration, and was not invited.
type Uninvited struct {
	Tenant, Owner string
	CreatedAt     time.Time
}

// ListUninvited returns such tenants in the order of their names, those after the given one.
func ListUninvited(ctx context.Context, db postgres.Querier, after string, limit int) ([]Uninvited, error) {
	rows, err := db.Query(ctx, `SELECT t.name, t.owner, t.created_at FROM public.tenants t
		WHERE t.state = 'live' AND t.owner <> '' AND t.name > $1
			AND NOT EXISTS (SELECT FROM public.users u WHERE u.username = t.owner)
			AND NOT EXISTS (SELECT FROM public.registrations r WHERE r.username = t.owner)
			AND NOT EXISTS (SELECT FROM public.notices n WHERE n.tenant = t.name AND n.kind = $2
				AND n.about >= (t.created_at AT TIME ZONE 'UTC')::date)
		ORDER BY t.name LIMIT $3`, after, NoticeInvite, limit)
	if err != nil {
		return nil, fmt.Errorf("list who is to be invited: %w", err)
	}
	uninvited, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Uninvited])
	if err != nil {
		return nil, fmt.Errorf("list who is to be invited: %w", err)
	}
	return uninvited, nil
}

// DeleteStaleNotices forgets the notices given before a moment to owners of tenants that the registry does not know any
// more.
func DeleteStaleNotices(ctx context.Context, db postgres.Querier, before time.Time) error {
	_, err := db.Exec(ctx, `DELETE FROM public.notices n WHERE n.sent_at <= $1 AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.name = n.tenant)`, before)
	if err != nil {
		return fmt.Errorf("forget notices of tenants that are gone: %w", err)
	}
	return nil
}
