package postgres

import (
	"cmp"
	_ "embed"
	"strings"
)

// RolePrefix is the start of the names of an installation's database roles, which are PREFIX_PROGRAM. Installations on one
// server have different prefixes. Empty: DefaultRolePrefix. Package naming has the rule for the others.
type RolePrefix string

// DefaultRolePrefix is the prefix of an installation that chooses none.
const DefaultRolePrefix RolePrefix = "echoblogs"

// The programs that every installation has. Each has a database role with the least privileges it needs; those of
// applications are the application's.
const (
	// Operator is the program whose role owns the registry and every tenant's schema.
	Operator = "operator"
	// Portal is the program whose role reads the registry, and has no privilege on any tenant's schema.
	Portal = "portal"
)

// String returns the prefix, or the default one.
func (p RolePrefix) String() string { return string(cmp.Or(p, DefaultRolePrefix)) }

// Role returns the name of a program's database role.
func (p RolePrefix) Role(program string) string { return p.String() + "_" + program }

// Roles returns the names of the database roles of programs.
func (p RolePrefix) Roles(programs ...string) []string {
	roles := make([]string, len(programs))
	for i, program := range programs {
		roles[i] = p.Role(program)
	}
	return roles
}

var (
	//go:embed bootstrap.sql
	bootstrapSQL string
	//go:embed bootstrap_citus.sql
	citusBootstrapSQL string
)

// roleSettings apply to the sessions of the programs, whatever is set for the server or the database. Timeouts bound what a
// session may hold: the programs have shorter limits of their own; these also hold for a thief of a password, until the thief
// changes them for the session. A session that listens for changes is idle. The others are what the programs rely on, and
// PgBouncer does not track for each client, as it does sessionSettings.
var roleSettings = []string{
	"idle_in_transaction_session_timeout=1min", "idle_session_timeout=0", "lock_timeout=30s", "statement_timeout=15min",
	"bytea_output=hex", "default_transaction_isolation=read committed",
	// No statement takes long enough: compiling the one of an inspection takes ten times as long as running it for 1,000 tenants.
	"jit=off",
}

// BootstrapSQL returns the SQL that creates the roles of operator, portal and the programs of an application, and grants
// their privileges on the current database. It requires an administrator, sets no password, and may run repeatedly. No role
// can take more than half of the server's connections.
func BootstrapSQL(prefix RolePrefix, application []string) string {
	return fillIn(bootstrapSQL, prefix, application)
}

// CitusBootstrapSQL completes BootstrapSQL on a Citus cluster: each schema that the operator creates is placed on one worker.
func CitusBootstrapSQL(prefix RolePrefix) string { return fillIn(citusBootstrapSQL, prefix, nil) }

// fillIn replaces the names in braces. A valid prefix needs no escaping between the quotes.
func fillIn(sql string, prefix RolePrefix, application []string) string {
	return strings.NewReplacer(
		"{operator}", literals([]string{prefix.Role(Operator)}),
		"{portal}", literals([]string{prefix.Role(Portal)}),
		"{application}", literals(prefix.Roles(application...)),
		"{settings}", literals(roleSettings),
	).Replace(sql)
}

// literals returns texts as SQL literals, separated by commas.
func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = "'" + text + "'"
	}
	return strings.Join(quoted, ", ")
}
