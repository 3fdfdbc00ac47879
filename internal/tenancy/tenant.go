package tenancy

import (
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Limits are the limits in force of one tenant. nil: unlimited.
type Limits struct {
	MaxPosts          *int64
	MaxStorageBytes   *int64
	RequestsPerSecond *int32
}

// Spec is the desired state of a tenant's row and hosts.
type Spec struct {
	// Name of the tenant.
	Name string
	// UID is that of the Tenant. Empty: unknown.
	UID string
	// SchemaName is the schema that holds its tables.
	SchemaName string
	// DisplayName is the title of its site.
	DisplayName string
	// Owner is the name of the user who may write there. Empty: no user.
	Owner string
	// PrimaryHost is the host that serves it and that links lead to.
	PrimaryHost string
	// CustomHosts are further hosts, sorted.
	CustomHosts []string
	// Proofs say why the tenant may have its custom hosts. A host without one reserves nothing: another tenant that proves it
	// takes it over.
	Proofs map[string]Proof
	// PaidUntil is the last paid day, at midnight UTC.
	PaidUntil time.Time
	// PaidUntilInSpec reports whether the Tenant's spec has PaidUntil. Otherwise it was computed once, and is kept.
	PaidUntilInSpec bool
	// SuspendAt is the time from which readers get 402. The zero time: immediately.
	SuspendAt time.Time
	// SuspensionReason says why it was suspended manually. Empty: it was not, or no reason is given.
	SuspensionReason string
	// Redirects are former primary hosts, the latest first.
	Redirects []Redirect
	// Limits in force.
	Limits Limits
}

// Tenant is a tenant as the registry has it.
type Tenant struct {
	Spec
	// ID is never reused.
	ID int64
	// Installation identifies the installation that the registry belongs to. Empty: none is recorded.
	Installation string
	// Checks are what DNS said about custom hosts, by host. They include hosts that were released because their records were
	// absent.
	Checks map[string]Check
	// ObjectDigest is the digest of the Tenant object that is kept. Empty: none is.
	ObjectDigest string
	// State is the state of the row.
	State State
	// SchemaVersion is the version of the schema, an opaque string whose order the application decides.
	SchemaVersion string
	// SchemaExists reports whether the database has a schema of that name.
	SchemaExists bool
	// Defects are what the application needs in the schema and does not have there. Only an Inspector reads them.
	Defects []Defect
	// CreatedAt is when the row was created.
	CreatedAt time.Time
	// KeptAt is when a cancelled deletion removed its Tenant, which is created again. The zero time: it was not.
	KeptAt time.Time
	// ReleasedAt is when the tenant was deleted. The zero time: it was not.
	ReleasedAt time.Time
	// TombstoneSchema is the name of the schema while it is a tombstone.
	TombstoneSchema string
	// PurgeAt is when a tombstone is dropped.
	PurgeAt time.Time
	// UpdatedAt is when the row or its hosts last changed, by the database's clock. Update uses it to detect concurrent
	// changes.
	UpdatedAt time.Time
}

// Equal reports whether two sets of limits are equal.
func (l Limits) Equal(other Limits) bool {
	return equal(l.MaxPosts, other.MaxPosts) && equal(l.MaxStorageBytes, other.MaxStorageBytes) &&
		equal(l.RequestsPerSecond, other.RequestsPerSecond)
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Equal reports whether two desired states are equal.
func (s Spec) Equal(other Spec) bool {
	return s.Name == other.Name && s.UID == other.UID && s.SchemaName == other.SchemaName && s.DisplayName == other.DisplayName && s.Owner == other.Owner &&
		s.PrimaryHost == other.PrimaryHost && slices.Equal(s.CustomHosts, other.CustomHosts) && maps.Equal(s.Proofs, other.Proofs) &&
		s.PaidUntil.Equal(other.PaidUntil) && s.PaidUntilInSpec == other.PaidUntilInSpec && s.SuspendAt.Equal(other.SuspendAt) &&
		s.SuspensionReason == other.SuspensionReason && EqualRedirects(s.Redirects, other.Redirects) && s.Limits.Equal(other.Limits)
}

func (s Spec) hosts() []string {
	return append([]string{s.PrimaryHost}, s.CustomHosts...)
}

// selectTenant is followed by a condition. The lookup of the schema is no EXISTS: for many rows, that would be planned as a
// scan of all schemas.
const selectTenant = `SELECT ` + tenantColumns + ` FROM public.tenants t `

const tenantColumns = `t.id, t.name, t.uid, t.schema_name, t.state, t.schema_version, t.display_name, t.owner, t.paid_until, t.paid_until_in_spec, t.suspend_at, t.suspension_reason, t.redirects,
	t.max_posts, t.max_storage_bytes, t.requests_per_second, t.created_at, t.kept_at, t.released_at, t.tombstone_schema, t.purge_at, t.updated_at,
	(SELECT n.oid FROM pg_namespace n WHERE n.nspname = t.schema_name::name) IS NOT NULL,
	(SELECT d.host FROM public.domains d WHERE d.tenant_id = t.id AND d.is_primary AND d.released_at IS NULL),
	(SELECT i.id::text FROM public.installation i),
	(SELECT o.digest FROM public.tenant_objects o WHERE o.tenant_id = t.id),
	(SELECT json_agg(json_build_object('host', d.host, 'proof', d.proof, 'checkedAt', d.checked_at, 'absentSince', d.absent_since,
			'releasedAt', d.released_at) ORDER BY d.host)
		FROM public.domains d WHERE d.tenant_id = t.id AND NOT d.is_primary AND (d.released_at IS NULL OR d.absent_since IS NOT NULL))`

// selectInspected is selectTenant with the defects, whose arguments are in the parameters from number first on.
func selectInspected(first int) string {
	return `SELECT ` + tenantColumns + `, ` + inspectedSQL(first) + ` FROM public.tenants t `
}

func scanTenant(row pgx.CollectableRow) (Tenant, error) {
	var (
		t                           Tenant
		suspendAt                   pgtype.Timestamptz
		keptAt, releasedAt, purgeAt *time.Time
		tombstoned, primary         pgtype.Text
		installation                pgtype.Text
		digest                      pgtype.Text
		custom                      []customHost
	)
	columns := []any{
		&t.ID, &t.Name, &t.UID, &t.SchemaName, &t.State, &t.SchemaVersion, &t.DisplayName, &t.Owner, &t.PaidUntil, &t.PaidUntilInSpec, &suspendAt, &t.SuspensionReason, &t.Redirects,
		&t.Limits.MaxPosts, &t.Limits.MaxStorageBytes, &t.Limits.RequestsPerSecond, &t.CreatedAt, &keptAt, &releasedAt, &tombstoned, &purgeAt, &t.UpdatedAt,
		&t.SchemaExists, &primary, &installation, &digest, &custom,
	}
	if len(row.FieldDescriptions()) > len(columns) {
		columns = append(columns, &t.Defects)
	}
	err := row.Scan(columns...)
	if suspendAt.InfinityModifier != pgtype.NegativeInfinity {
		t.SuspendAt = suspendAt.Time
	}
	t.TombstoneSchema, t.PrimaryHost, t.Installation, t.ObjectDigest = tombstoned.String, primary.String, installation.String, digest.String
	t.CustomHosts, t.Proofs, t.Checks = splitCustomHosts(custom)
	if keptAt != nil {
		t.KeptAt = *keptAt
	}
	if releasedAt != nil {
		t.ReleasedAt = *releasedAt
	}
	if purgeAt != nil {
		t.PurgeAt = *purgeAt
	}
	return t, err
}

// orNegativeInfinity encodes the zero time as -infinity, which is before every moment.
func orNegativeInfinity(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

func date(t time.Time) pgtype.Date { return pgtype.Date{Time: t, Valid: true} }
