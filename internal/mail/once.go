package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Notice identifies an email that the owner of a tenant gets only once.
type Notice struct {
	// Tenant is the name of the Tenant, and Name tells its notices apart, such as "due-30".
	Tenant, Name string
	// About is the day that the notice is about, in UTC: each day has its own notice.
	About time.Time
}

// EnqueueOnce adds an email to the outbox and records its notice, unless the notice is already recorded. It reports
// whether it added the email. If several replicas try concurrently, one of them does.
func EnqueueOnce(ctx context.Context, db postgres.Beginner, n Notice, d Draft, now time.Time) (bool, error) {
	enqueued := false
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			n.Tenant, n.Name, n.About, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		enqueued = true
		return Enqueue(ctx, tx, d, now)
	})
	if err != nil {
		return false, fmt.Errorf("enqueue notice %s of tenant %s: %w", n.Name, n.Tenant, err)
	}
	return enqueued, nil
}

// DeleteStaleNotices deletes the records of notices that were sent before a time and whose tenants are no longer in the
// registry.
func DeleteStaleNotices(ctx context.Context, db postgres.Querier, before time.Time) error {
	_, err := db.Exec(ctx, `DELETE FROM public.notices n WHERE n.sent_at <= $1 AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.name = n.tenant)`, before)
	if err != nil {
		return fmt.Errorf("delete stale notices: %w", err)
	}
	return nil
}
