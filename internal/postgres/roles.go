package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The database roles, one for each program, each with the least that it needs.
const (
	// OperatorRole owns the registry and every tenant's schema.
	OperatorRole = "echoblogs_operator"
	// BlogRole reads the registry, and reads and writes the rows of the tenants' tables.
	BlogRole = "echoblogs_blog"
	// PortalRole reads the registry, and has no right on any tenant's schema.
	PortalRole = "echoblogs_portal"
)

// BootstrapSQL makes the roles and gives them their rights on the current database. It wants an administrator, sets
// no password, and changes nothing when it is run again.
//
//go:embed bootstrap.sql
var BootstrapSQL string

// ErrRolesMissing says that the roles are not there and that the connection may not make them.
var ErrRolesMissing = errors.New("the database roles of EchoBlogs are missing, and the given user may not create them")

// EnsureRoles makes the roles where they are missing and the connection may. Otherwise it returns ErrRolesMissing.
func EnsureRoles(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}) error {
	var present, may bool
	err := db.QueryRow(ctx, `SELECT
		(SELECT count(*) = 3 FROM pg_roles WHERE rolname = ANY ($1)),
		(SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)`,
		[]string{OperatorRole, BlogRole, PortalRole}).Scan(&present, &may)
	switch {
	case err != nil:
		return fmt.Errorf("look for the database roles: %w", err)
	case present:
		return nil
	case !may:
		return ErrRolesMissing
	}
	err = pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, BootstrapSQL, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return fmt.Errorf("make the database roles: %w", err)
	}
	return nil
}
