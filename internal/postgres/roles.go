package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The database roles of the programs that every installation has. Each has the least privileges it needs; those of
// applications are the application's.
const (
	// OperatorRole owns the registry and every tenant's schema.
	OperatorRole = "echoblogs_operator"
	// PortalRole reads the registry, and has no privilege on any tenant's schema.
	PortalRole = "echoblogs_portal"
)

// BootstrapSQL creates the roles and grants their privileges on the current database. It requires an administrator, sets
// no password, and may run repeatedly.
//
//go:embed bootstrap.sql
var BootstrapSQL string

// CitusBootstrapSQL completes BootstrapSQL on a Citus cluster: each schema that the operator creates is placed on one worker.
//
//go:embed bootstrap_citus.sql
var CitusBootstrapSQL string

// ErrRolesMissing says that roles are missing and that the connection may not create them.
var ErrRolesMissing = errors.New("database roles of EchoBlogs are missing, and the given user may not create them")

// EnsureRoles runs sql, which creates roles, if one of them is missing and the connection may create it. If it may not,
// EnsureRoles returns ErrRolesMissing.
func EnsureRoles(ctx context.Context, db Beginner, sql string, roles []string) error {
	var present, may bool
	err := db.QueryRow(ctx, `SELECT
		(SELECT count(*) = cardinality($1::text[]) FROM pg_roles WHERE rolname = ANY ($1)),
		(SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)`, roles).Scan(&present, &may)
	switch {
	case err != nil:
		return fmt.Errorf("look for the database roles: %w", err)
	case present:
		return nil
	case !may:
		return ErrRolesMissing
	}
	statements, err := SplitStatements(sql)
	if err != nil {
		return fmt.Errorf("split the statements that create the database roles: %w", err)
	}
	batch := &pgx.Batch{}
	for _, statement := range statements {
		batch.Queue(statement)
	}
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err != nil {
		return fmt.Errorf("create the database roles: %w", err)
	}
	return nil
}
