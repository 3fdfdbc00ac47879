package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// LiveSQL is the state of a live tenant's row as an SQL literal.
const LiveSQL = tenancy.LiveSQL

// Channel is the NOTIFY channel on which the ids of changed tenants arrive.
const Channel = tenancy.Channel

// Entry is one tenant: enough to serve its hosts without another query of the registry.
type Entry struct {
	// ID is the tenant's id; it is never reused.
	ID int64
	// Name is the tenant's name.
	Name string
	// SchemaName is the schema that holds the tenant's tables.
	SchemaName string
	// DisplayName is the title of the site; never empty.
	DisplayName string
	// Owner is the name of the user who owns the site. Empty: it has no owner.
	Owner string
	// PrimaryHost is the host that links lead to. Empty when the tenant is not live.
	PrimaryHost string
	// Hosts are all hosts of the tenant, including the primary one. Empty when the tenant is not live.
	Hosts []string
	// CreatedAt is when the tenant was created.
	CreatedAt time.Time
	// PaidUntil is the last paid day, at midnight UTC.
	PaidUntil time.Time
	// SuspendAt is the time from which readers get 402. The zero time: suspended manually.
	SuspendAt time.Time
	// SuspensionReason says why the tenant was suspended manually. Empty: it was not, or no reason is given.
	SuspensionReason string
	// Redirects are former primary hosts, which redirect to the present one unless another tenant has them now.
	Redirects []tenancy.Redirect
	// MaxPosts, MaxStorageBytes and RequestsPerSecond, which counts for each replica, are limits. nil: unlimited.
	MaxPosts, MaxStorageBytes *int64
	RequestsPerSecond         *int32
	// ContentVersion identifies the content of the tenant: each change has a greater one.
	ContentVersion int64
}

// Live reports whether the tenant is live.
func (e *Entry) Live() bool { return len(e.Hosts) > 0 }

// Suspended reports whether readers get 402 at the time now.
func (e *Entry) Suspended(now time.Time) bool { return !now.Before(e.SuspendAt) }

// Paid reports whether the last paid day has not ended at the time now.
func (e *Entry) Paid(now time.Time) bool { return now.Before(e.PaidUntil.AddDate(0, 0, 1)) }

// Platform is what pages show of the Platform.
type Platform struct {
	// PublicURL is the address of the public site, without a slash at the end. Every link has its scheme and port.
	PublicURL string
	// Domain is the parent domain of the sites that people sign up for.
	Domain string
	// SignUp reports whether people can sign up, and CodeRequired whether they need a registration code for that.
	SignUp, CodeRequired bool
	// Contact is how to reach support: a mailto or an https URL. Empty: unknown.
	Contact string
}

// Snapshot is the registry, or its recent changes, at one moment.
type Snapshot struct {
	// At is the database's time; everything committed before it is in the snapshot.
	At time.Time
	// Platform is the zero value before the operator's first contact with the database.
	Platform Platform
	// Tenants are all live tenants, or those that changed, including tenants that are no longer live.
	Tenants []Entry
	// Contents are the versions of the contents that changed, by the IDs of their tenants. nil if Tenants are all live tenants.
	Contents map[int64]int64
}

const (
	selectEntries = `SELECT t.id, t.name, t.schema_name, t.display_name, t.owner, t.created_at, t.paid_until, t.suspend_at, t.suspension_reason, t.redirects,
	t.max_posts, t.max_storage_bytes, t.requests_per_second,
	coalesce((SELECT c.version FROM public.content_versions c WHERE c.tenant_id = t.id), 0),
	(SELECT d.host FROM public.domains d WHERE t.state = ` + LiveSQL + ` AND d.tenant_id = t.id AND d.is_primary),
	(SELECT array_agg(d.host) FROM public.domains d WHERE t.state = ` + LiveSQL + ` AND d.tenant_id = t.id AND d.released_at IS NULL)
	FROM public.tenants t `
)

// ReadAll returns a snapshot with every live tenant, in one round trip.
func ReadAll(ctx context.Context, db postgres.Querier) (Snapshot, error) {
	return readSnapshot(ctx, db, func(*pgx.Batch) {}, selectEntries+`WHERE t.state = `+LiveSQL)
}

// ReadChangedSince returns a snapshot with the tenants and the contents that changed at or after the time since, in one round trip. A
// transaction stamps its changes with the time at which it began, so since has to precede the last snapshot by more than the
// longest transaction.
func ReadChangedSince(ctx context.Context, db postgres.Querier, since time.Time) (Snapshot, error) {
	contents := map[int64]int64{}
	queueContents := func(batch *pgx.Batch) {
		batch.Queue(`SELECT tenant_id, version FROM public.content_versions WHERE changed_at >= $1`, since).Query(func(rows pgx.Rows) error {
			var id, version int64
			_, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error {
				contents[id] = version
				return nil
			})
			return err
		})
	}
	snapshot, err := readSnapshot(ctx, db, queueContents, selectEntries+`WHERE t.updated_at >= $1`, since)
	snapshot.Contents = contents
	return snapshot, err
}

// ReadByID returns the tenants with the given ids, including those that are no longer live but still have a row.
func ReadByID(ctx context.Context, db postgres.Querier, ids []int64) ([]Entry, error) {
	rows, err := db.Query(ctx, selectEntries+`WHERE t.id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read tenants by id: %w", err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	if err != nil {
		return nil, fmt.Errorf("read tenants by id: %w", err)
	}
	return entries, nil
}

// readSnapshot sends its statements as one batch, which is one transaction: the time is read before the rows. more adds statements
// after them.
func readSnapshot(ctx context.Context, db postgres.Querier, more func(*pgx.Batch), sql string, args ...any) (Snapshot, error) {
	var snapshot Snapshot
	batch := &pgx.Batch{}
	batch.Queue(`SELECT now()`).QueryRow(func(row pgx.Row) error { return row.Scan(&snapshot.At) })
	batch.Queue(`SELECT public_url, domain, sign_up, code_required, contact FROM public.installation`).QueryRow(func(row pgx.Row) error {
		platform := &snapshot.Platform
		err := row.Scan(&platform.PublicURL, &platform.Domain, &platform.SignUp, &platform.CodeRequired, &platform.Contact)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		snapshot.Tenants, err = pgx.CollectRows(rows, scanEntry)
		return err
	})
	more(batch)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return Snapshot{}, fmt.Errorf("read tenants and their hosts: %w", err)
	}
	return snapshot, nil
}

func scanEntry(row pgx.CollectableRow) (Entry, error) {
	var (
		e         Entry
		primary   pgtype.Text
		suspendAt pgtype.Timestamptz
	)
	err := row.Scan(&e.ID, &e.Name, &e.SchemaName, &e.DisplayName, &e.Owner, &e.CreatedAt, &e.PaidUntil, &suspendAt, &e.SuspensionReason, &e.Redirects,
		&e.MaxPosts, &e.MaxStorageBytes, &e.RequestsPerSecond, &e.ContentVersion, &primary, &e.Hosts)
	if suspendAt.InfinityModifier != pgtype.NegativeInfinity { // which is before every moment, as the zero time is
		e.SuspendAt = suspendAt.Time
	}
	e.PrimaryHost = primary.String
	return e, err
}
