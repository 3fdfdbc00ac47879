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

// noticesPageSize is how many notices one call of DeleteStaleNotices looks at.
const noticesPageSize = 500

// registered is the condition under which the registry has a tenant with the name of a notice n. Each part has an index.
const registered = `(EXISTS (SELECT FROM public.tenants t WHERE t.name = n.tenant AND t.state <> 'superseded')
	OR EXISTS (SELECT FROM public.tenants t WHERE t.name = n.tenant AND t.tombstone_schema IS NOT NULL))`

// DeleteStaleNotices deletes the records of notices that were sent before a time and whose tenants are no longer in the
// registry. Each call looks at the notices of the next few tenants by name, beginning after the given name, so that its cost
// does not depend on their number. It returns the name to continue after; empty: all tenants had their turn.
func DeleteStaleNotices(ctx context.Context, db postgres.Querier, before time.Time, after string) (next string, err error) {
	var last *string
	var seen int
	err = db.QueryRow(ctx, `SELECT max(tenant), count(*) FROM (SELECT tenant FROM public.notices WHERE tenant > $1 ORDER BY tenant LIMIT $2) page`,
		after, noticesPageSize).Scan(&last, &seen)
	if err != nil {
		return after, fmt.Errorf("list notices: %w", err)
	}
	if last == nil {
		return "", nil
	}
	_, err = db.Exec(ctx, `DELETE FROM public.notices n WHERE n.tenant > $1 AND n.tenant <= $2 AND n.sent_at <= $3 AND NOT `+registered, after, *last, before)
	if err != nil {
		return after, fmt.Errorf("delete stale notices: %w", err)
	}
	if seen < noticesPageSize {
		return "", nil
	}
	return *last, nil
}
