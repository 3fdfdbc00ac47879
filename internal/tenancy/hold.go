package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Hold is how long a freed host, tenant name or schema name is unavailable to other tenants. A replica whose
// directory is older than 45 s answers 503, so after a minute no replica can serve the old tenant's pages under it.
const Hold = 60 * time.Second

var (
	// holdStart is the latest release time of a name whose hold has ended, in SQL.
	holdStart = beforeSQL(Hold)
	// doubleHoldStart is that of a host that another tenant takes over: it has one more Hold to claim the host.
	doubleHoldStart = beforeSQL(2 * Hold)
	// absentStart is that of a host that was released because its record was absent, and whose tenant has been told.
	absentStart = beforeSQL(absentLife)
)

// absentLife is how long the row of such a host is kept, unless another tenant claims the host.
const absentLife = 30 * 24 * time.Hour

// beforeSQL is the time that lies d before now, in SQL.
func beforeSQL(d time.Duration) string {
	return fmt.Sprintf(`(%s - interval '%d seconds')`, earlier, d/time.Second)
}

// queueExpiredHolds frees the names in spec whose hold has ended.
func queueExpiredHolds(batch *pgx.Batch, spec Spec, clock clock) {
	batch.Queue(`DELETE FROM public.tenants WHERE state = `+ReleasedSQL+` AND released_at <= `+holdStart+` AND (name = @name OR schema_name = @schema)`,
		clock.args(pgx.NamedArgs{"name": spec.Name, "schema": spec.SchemaName}))
	batch.Queue(`DELETE FROM public.domains d WHERE d.host = ANY (@hosts) AND (
			d.released_at <= `+holdStart+` AND (d.next_tenant_id IS NULL OR d.host = ANY (@proven) OR d.released_at <= `+doubleHoldStart+`)
			OR EXISTS (SELECT FROM public.tenants t
				WHERE t.id = d.tenant_id AND t.state IN (`+ReleasedSQL+`, `+SupersededSQL+`) AND t.released_at <= `+holdStart+`))`,
		clock.args(pgx.NamedArgs{"hosts": spec.hosts(), "proven": spec.provenHosts()}))
}

// DeleteExpiredHolds frees the names whose hold has ended. A hold that starts in the future, because a clock was ahead, is
// restarted now, so that it ends.
func (s *Store) DeleteExpiredHolds(ctx context.Context, now time.Time) error {
	batch := &pgx.Batch{}
	for _, sql := range []string{
		`DELETE FROM public.tenants WHERE state = ` + ReleasedSQL + ` AND released_at <= ` + holdStart,
		`DELETE FROM public.domains WHERE released_at <= ` + holdStart + `
			AND (next_tenant_id IS NULL OR released_at <= ` + doubleHoldStart + `) AND (absent_since IS NULL OR released_at <= ` + absentStart + `)
			AND tenant_id IN (SELECT id FROM public.tenants WHERE state = ` + LiveSQL + `)`,
		`UPDATE public.tenants SET released_at = ` + later + `, updated_at = now()
			WHERE state IN (` + ReleasedSQL + `, ` + SupersededSQL + `) AND released_at > ` + later,
		`UPDATE public.domains SET released_at = ` + later + ` WHERE released_at > ` + later,
	} {
		batch.Queue(sql, s.clock(now).args(nil))
	}
	return s.inTransaction(ctx, "free_names", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("free names whose hold has ended: %w", err)
		}
		return nil
	})
}
