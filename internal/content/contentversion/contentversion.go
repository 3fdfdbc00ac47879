// Package contentversion gives the content of a tenant a new version whenever something is saved, so that the replicas of the blog
// know what they have in memory of it and can show no longer. Package directory reads the versions.
package contentversion

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

// Change runs work in a transaction that also gives the content of the tenant with a schema a new version. Then it notifies the
// replicas: when it returns nil, they show the change within a second, or when the notification is lost, within five.
//
// The version comes first: all writers lock its row before the tenant's tables, so that two of them never wait for each other.
func Change(ctx context.Context, db postgres.Beginner, schema string, work func(pgx.Tx) error) error {
	var tenantID int64
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) (err error) {
		if tenantID, err = next(ctx, tx, schema); err != nil {
			return err
		}
		return work(tx)
	})
	if err != nil || tenantID == 0 {
		return err
	}
	// Not in the transaction, whose commit would then wait for those of all other tenants. The change is stored, so that its author
	// need not know whether this succeeds.
	_, _ = db.Exec(ctx, `SELECT pg_notify($1, $2)`, directory.Channel, strconv.FormatInt(tenantID, 10))
	return nil
}

// next gives the content of a live tenant its next version, and returns its ID. 0: no live tenant has the schema.
func next(ctx context.Context, tx pgx.Tx, schema string) (tenantID int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO public.content_versions AS last (tenant_id, version, changed_at)
		SELECT id, 1, now() FROM public.tenants WHERE schema_name = $1 AND state = `+directory.LiveSQL+`
		ON CONFLICT (tenant_id) DO UPDATE SET version = last.version + 1, changed_at = now()
		RETURNING tenant_id`, schema).Scan(&tenantID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("give the content of %s a new version: %w", schema, err)
	}
	return tenantID, nil
}
