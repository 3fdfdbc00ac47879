// Package tenancy stores which tenants exist, in which schemas and at which hosts. A Store is the only writer of the
// registry (the tables in public that record this) and of the tenants' schemas: every change of a tenant is one transaction
// on both. Programs with fewer privileges use a Reader.
//
// Values reach SQL as parameters, and identifiers are quoted. Statements respect the restrictions of Citus clusters, and
// the cost of none of them grows with the number of tenants.
package tenancy

import (
	"errors"
)

// State is the state of a tenant's row.
type State string

// The states of a row.
const (
	// StateLive is the row of an existing Tenant.
	StateLive State = "live"
	// StateTombstone is the row of a deleted Tenant whose data is retained and whose names stay taken.
	StateTombstone State = "tombstone"
	// StateSuperseded is a tombstone whose names belong to another tenant.
	StateSuperseded State = "superseded"
	// StateReleased is the row of a Tenant that was deleted with its data. It holds the names for the time of Hold.
	StateReleased State = "released"
)

// The states as SQL literals, for statements that read the registry.
const (
	LiveSQL       = "'" + string(StateLive) + "'"
	TombstoneSQL  = "'" + string(StateTombstone) + "'"
	SupersededSQL = "'" + string(StateSuperseded) + "'"
	ReleasedSQL   = "'" + string(StateReleased) + "'"
)

// Channel is the NOTIFY channel that announces the ids of changed tenants.
const Channel = "echoblogs_tenants"

var (
	// ErrNotFound says that the registry has no such tenant.
	ErrNotFound = errors.New("the registry has no such tenant")
	// ErrConflict says that the tenant or its names were changed concurrently. Reading it again shows the outcome.
	ErrConflict = errors.New("changed concurrently")
	// ErrSchemaExists says that the database has a schema of that name that belongs to no tenant.
	ErrSchemaExists = errors.New("a schema of that name exists and does not belong to EchoBlogs")
	// ErrNewer says that a schema has migrations that this program does not know.
	ErrNewer = errors.New("the schema has migrations of a newer version of EchoBlogs")
)

// NameKind says what a taken name is.
type NameKind string

// The kinds of names.
const (
	TenantName NameKind = "name"
	SchemaName NameKind = "schema"
	HostName   NameKind = "host"
)
