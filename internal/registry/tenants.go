package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// State says what a tenant's row stands for.
type State string

// The states of a row.
const (
	// Live is as its Tenant says.
	Live State = "live"
	// Tombstone is deleted; its data is kept and its names are taken.
	Tombstone State = "tombstone"
	// Superseded is a tombstone whose names another tenant has.
	Superseded State = "superseded"
	// Released is deleted with its data; its names are held for a minute.
	Released State = "released"
)

// Limits are the limits in force of one tenant. nil: none.
type Limits struct {
	MaxPosts          *int64
	MaxStorageBytes   *int64
	RequestsPerSecond *int32
}

// Spec is what a tenant's row and domains are to say.
type Spec struct {
	// Name of the tenant.
	Name string
	// SchemaName is the schema that holds its tables.
	SchemaName string
	// DisplayName is the title of its blog.
	DisplayName string
	// Owner is the name of the user who may write there. Empty: nobody.
	Owner string
	// PrimaryHost is where it is served and where links lead to.
	PrimaryHost string
	// CustomHosts are further hosts, sorted.
	CustomHosts []string
	// PaidUntil is the last paid day, at midnight UTC.
	PaidUntil time.Time
	// SuspendAt is the moment from which readers get 402. The zero time: at once.
	SuspendAt time.Time
	// Limits in force.
	Limits Limits
}

// Tenant is what the registry says of a tenant.
type Tenant struct {
	Spec
	// ID is never used again.
	ID int64
	// State says what the row stands for.
	State State
	// SchemaVersion is the number of the last migration that the schema has.
	SchemaVersion int32
	// SchemaExists reports whether the database has a schema of that name.
	SchemaExists bool
	// ReleasedAt is when the tenant was deleted. The zero time: it was not.
	ReleasedAt time.Time
	// TombstoneSchema is the name of the schema while it is a tombstone.
	TombstoneSchema string
	// PurgeAt is when a tombstone is to be dropped.
	PurgeAt time.Time
	// UpdatedAt is when the row or its hosts changed last, by the database's clock. It tells Update whether they are
	// still as they were read.
	UpdatedAt time.Time
}

// ErrNoTenant says that the registry has no row of that name.
var ErrNoTenant = errors.New("the registry has no such tenant")

const selectTenant = `SELECT t.id, t.name, t.schema_name, t.state, t.schema_version, t.display_name, t.owner, t.paid_until, t.suspend_at,
	t.max_posts, t.max_storage_bytes, t.requests_per_second, t.released_at, t.tombstone_schema, t.purge_at, t.updated_at,
	EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = t.schema_name),
	(SELECT d.host FROM public.domains d WHERE d.tenant_id = t.id AND d.is_primary AND d.released_at IS NULL),
	(SELECT array_agg(d.host ORDER BY d.host) FROM public.domains d WHERE d.tenant_id = t.id AND NOT d.is_primary AND d.released_at IS NULL)
	FROM public.tenants t `

// Find returns the tenant called name, or ErrNoTenant. It is one indexed query, and the only one of a reconcile that
// has nothing to do.
func Find(ctx context.Context, db Querier, name string) (Tenant, error) {
	rows, err := db.Query(ctx, selectTenant+`WHERE t.name = $1 AND t.state <> 'superseded'`, name)
	if err != nil {
		return Tenant{}, fmt.Errorf("read tenant %s: %w", name, err)
	}
	tenant, err := pgx.CollectExactlyOneRow(rows, scanTenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, ErrNoTenant
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("read tenant %s: %w", name, err)
	}
	return tenant, nil
}

func scanTenant(row pgx.CollectableRow) (Tenant, error) {
	var (
		t                   Tenant
		suspendAt           pgtype.Timestamptz
		releasedAt, purgeAt *time.Time
		tombstone, primary  pgtype.Text
	)
	err := row.Scan(&t.ID, &t.Name, &t.SchemaName, &t.State, &t.SchemaVersion, &t.DisplayName, &t.Owner, &t.PaidUntil, &suspendAt,
		&t.Limits.MaxPosts, &t.Limits.MaxStorageBytes, &t.Limits.RequestsPerSecond, &releasedAt, &tombstone, &purgeAt, &t.UpdatedAt,
		&t.SchemaExists, &primary, &t.CustomHosts)
	t.SuspendAt = fromTimestamp(suspendAt)
	t.TombstoneSchema, t.PrimaryHost = tombstone.String, primary.String
	if releasedAt != nil {
		t.ReleasedAt = *releasedAt
	}
	if purgeAt != nil {
		t.PurgeAt = *purgeAt
	}
	return t, err
}

// Insert adds a live tenant with its hosts, in one batch. It frees names whose hold is over, and supersedes a
// tombstone of that name where fresh is true. It returns *TakenError when the name, the schema or the primary host is
// not to be had; the transaction is then to be rolled back. Custom hosts that are not to be had are left out.
func Insert(ctx context.Context, tx pgx.Tx, spec Spec, version int32, fresh bool, clock Clock) (int64, error) {
	batch := &pgx.Batch{}
	if fresh {
		batch.Queue(`UPDATE public.tenants SET state = 'superseded', updated_at = now() WHERE name = $1 AND state = 'tombstone'`, spec.Name)
	}
	queueExpiredHolds(batch, spec, clock)
	var id int64
	batch.Queue(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at,
			max_posts, max_storage_bytes, requests_per_second, created_at, owner, updated_at)
		VALUES ($1, $2, 'live', $3, $4, $5, $6, $7, $8, $9, $10, $11, now())
		ON CONFLICT DO NOTHING RETURNING id`,
		spec.Name, spec.SchemaName, version, spec.DisplayName, date(spec.PaidUntil), toTimestamp(spec.SuspendAt),
		spec.Limits.MaxPosts, spec.Limits.MaxStorageBytes, spec.Limits.RequestsPerSecond, clock.Now, spec.Owner).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&id); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
	owned := queueClaims(batch, spec)
	queueNotify(batch, spec.Name)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("insert tenant %s and its hosts: %w", spec.Name, err)
	}
	if id == 0 || !owned.primary {
		return 0, taken(ctx, tx, spec)
	}
	return id, nil
}

// Update makes the row and the domains of a live tenant say what spec says, in one batch. A new primary host demotes
// the old one. updatedAt is the row's as it was read: ErrRace says that it has changed since, and spec comes of what is
// no longer so. It returns *TakenError when the primary host is not to be had. After either the transaction is to be
// rolled back. Custom hosts that are not to be had are left out.
func Update(ctx context.Context, tx pgx.Tx, spec Spec, updatedAt time.Time, clock Clock) error {
	batch := &pgx.Batch{}
	var unchanged bool
	queueExpiredHolds(batch, spec, clock)
	batch.Queue(`UPDATE public.tenants SET display_name = $2, paid_until = $3, suspend_at = $4,
			max_posts = $5, max_storage_bytes = $6, requests_per_second = $7, owner = $8, updated_at = now()
		WHERE name = $1 AND state = 'live' AND updated_at = $9`,
		spec.Name, spec.DisplayName, date(spec.PaidUntil), toTimestamp(spec.SuspendAt),
		spec.Limits.MaxPosts, spec.Limits.MaxStorageBytes, spec.Limits.RequestsPerSecond, spec.Owner, updatedAt).
		Exec(func(tag pgconn.CommandTag) error {
			unchanged = tag.RowsAffected() == 1
			return nil
		})
	queueReleases(batch, spec, clock)
	owned := queueClaims(batch, spec)
	queueNotify(batch, spec.Name)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("update tenant %s and its hosts: %w", spec.Name, err)
	}
	if !unchanged {
		return fmt.Errorf("update tenant %s: %w", spec.Name, ErrRace)
	}
	if !owned.primary {
		return taken(ctx, tx, spec)
	}
	return nil
}

// queueExpiredHolds frees the names that spec wants where their hold is over.
func queueExpiredHolds(batch *pgx.Batch, spec Spec, clock Clock) {
	batch.Queue(`DELETE FROM public.tenants WHERE state = 'released' AND released_at <= `+freed+` AND (name = $3 OR schema_name = $4)`,
		clock.Now, clock.MaxSkew, spec.Name, spec.SchemaName)
	batch.Queue(`DELETE FROM public.domains d WHERE d.host = ANY ($3) AND (d.released_at <= `+freed+` OR EXISTS (
		SELECT FROM public.tenants t WHERE t.id = d.tenant_id AND t.state IN ('released', 'superseded') AND t.released_at <= `+freed+`))`,
		clock.Now, clock.MaxSkew, spec.hosts())
}

func queueNotify(batch *pgx.Batch, name string) {
	batch.Queue(`SELECT pg_notify($1, id::text) FROM public.tenants WHERE name = $2 AND state <> 'superseded'`, Channel, name)
}

// Notify tells the blogs that the tenant with this id has changed, when the transaction commits.
func Notify(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, Channel, strconv.FormatInt(id, 10)); err != nil {
		return fmt.Errorf("tell the blogs of a change: %w", err)
	}
	return nil
}

func (s Spec) hosts() []string {
	return append([]string{s.PrimaryHost}, s.CustomHosts...)
}

func date(t time.Time) pgtype.Date { return pgtype.Date{Time: t, Valid: true} }

// Equal reports whether two sets of limits say the same.
func (l Limits) Equal(other Limits) bool {
	return equal(l.MaxPosts, other.MaxPosts) && equal(l.MaxStorageBytes, other.MaxStorageBytes) &&
		equal(l.RequestsPerSecond, other.RequestsPerSecond)
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Equal reports whether two rows with their hosts say the same.
func (s Spec) Equal(other Spec) bool {
	return s.Name == other.Name && s.SchemaName == other.SchemaName && s.DisplayName == other.DisplayName && s.Owner == other.Owner &&
		s.PrimaryHost == other.PrimaryHost && slices.Equal(s.CustomHosts, other.CustomHosts) &&
		s.PaidUntil.Equal(other.PaidUntil) && s.SuspendAt.Equal(other.SuspendAt) && s.Limits.Equal(other.Limits)
}

// List returns live tenants in the order of their names, at most limit of those after the name given.
func List(ctx context.Context, db Querier, after string, limit int) ([]Tenant, error) {
	rows, err := db.Query(ctx, selectTenant+`WHERE t.state = 'live' AND t.name > $1 ORDER BY t.name LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	tenants, err := pgx.CollectRows(rows, scanTenant)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return tenants, nil
}
