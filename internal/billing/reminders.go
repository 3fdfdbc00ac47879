// Package billing tells the owners of blogs when their plans end.
package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// pageSize is how many tenants are read at once.
	pageSize = 200
	// FirstReminder is how many days before the last paid day the first reminder is sent.
	FirstReminder = 30
	// lastWarning is how long before the suspension the owner is warned.
	lastWarning = 3 * 24 * time.Hour
)

// plan is the plan of a tenant that ends soon or has ended.
type plan struct {
	Tenant string
	// PaidUntil is the last paid day, and SuspendAt the time from which readers cannot read the blog.
	PaidUntil, SuspendAt time.Time
	// OwnerID is the owner's user ID.
	OwnerID int64
}

// SendReminders enqueues the reminders that are due, each once, and returns how many it enqueued.
func SendReminders(ctx context.Context, db postgres.Beginner, now time.Time) (int, error) {
	sent := 0
	until := midnight(now).AddDate(0, 0, FirstReminder)
	for last := ""; ; {
		plans, err := endingPlans(ctx, db, until, last, now)
		if err != nil || len(plans) == 0 {
			return sent, err
		}
		for _, p := range plans {
			name, draft := p.reminder(now)
			enqueued, err := mail.EnqueueOnce(ctx, db, mail.Notice{Tenant: p.Tenant, Name: name, About: p.PaidUntil}, draft, now)
			if err != nil {
				return sent, err
			}
			if enqueued {
				sent++
			}
			last = p.Tenant
		}
	}
}

// endingPlans returns a page of tenants whose last paid day is not later than until, which are not suspended, and whose
// owners are active. They are ordered by name, beginning after the given name.
func endingPlans(ctx context.Context, db postgres.Querier, until time.Time, after string, now time.Time) ([]plan, error) {
	rows, err := db.Query(ctx, `SELECT t.name, t.paid_until, t.suspend_at, u.id
		FROM public.tenants t JOIN public.users u ON u.username = t.owner
		WHERE t.state = `+tenancy.LiveSQL+` AND t.paid_until <= $1 AND t.suspend_at > $2 AND u.state = 'active' AND t.name > $3
		ORDER BY t.name LIMIT $4`, until, now, after, pageSize)
	if err != nil {
		return nil, fmt.Errorf("list ending plans: %w", err)
	}
	plans, err := pgx.CollectRows(rows, pgx.RowToStructByPos[plan])
	if err != nil {
		return nil, fmt.Errorf("list ending plans: %w", err)
	}
	return plans, nil
}

// reminder returns the reminder that is due, and its name among the notices of the tenant. Of several that were missed,
// for example during an outage, it returns the last one: the others are out of date.
func (p plan) reminder(now time.Time) (name string, draft mail.Draft) {
	about := func(day time.Time) mail.BlogDate { return mail.BlogDate{UserID: p.OwnerID, Tenant: p.Tenant, Day: day} }
	end := p.PaidUntil.AddDate(0, 0, 1)
	switch left := p.PaidUntil.Sub(midnight(now)); {
	case !now.Before(end) && p.SuspendAt.Sub(end) > lastWarning && p.SuspendAt.Sub(now) <= lastWarning:
		return "suspension", mail.Suspension(about(p.SuspendAt))
	case !now.Before(end):
		return "grace", mail.Grace(about(p.SuspendAt))
	case left <= 24*time.Hour:
		return "due-1", mail.Due(about(p.PaidUntil))
	case left <= 7*24*time.Hour:
		return "due-7", mail.Due(about(p.PaidUntil))
	}
	return "due-30", mail.Due(about(p.PaidUntil))
}

// DaysLeft returns how many days a plan still has, including today, or 0 if it has ended. paidUntil is the start of its
// last paid day in UTC.
func DaysLeft(paidUntil, now time.Time) int {
	return max(0, int(paidUntil.Sub(midnight(now))/(24*time.Hour))+1)
}

// midnight returns the start of a day in UTC.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
