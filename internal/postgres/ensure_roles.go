package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// RolesMissingError says that roles are missing or may not connect to the database, and that the connection may not change
// that.
type RolesMissingError struct {
	// Roles are their names.
	Roles []string
	// User is the role of the connection.
	User string
}

func (e *RolesMissingError) Error() string {
	return fmt.Sprintf("the database roles %s are missing or may not connect, and %s may not create them", strings.Join(e.Roles, ", "), e.User)
}

// RolePrefixError says that the connection has the role of another installation's operator.
type RolePrefixError struct {
	// User is the role of the connection.
	User string
	// Prefix is the prefix in its name.
	Prefix RolePrefix
}

func (e *RolePrefixError) Error() string {
	return fmt.Sprintf("the user %s is the operator of the installation with the role prefix %s", e.User, e.Prefix)
}

// EnsureRoles creates the roles of operator, portal and the programs of an application if one of them is missing, or may not
// connect to the database, and the connection may create roles. If it may not, EnsureRoles returns a *RolesMissingError. It
// returns a *RolePrefixError if the connection has the role of another installation's operator.
func EnsureRoles(ctx context.Context, db Beginner, prefix RolePrefix, application []string) error {
	var (
		user     string
		may      bool
		unusable []string
		foreign  *string
	)
	err := db.QueryRow(ctx, `SELECT current_user::text, rolsuper OR rolcreaterole,
			ARRAY(SELECT needed FROM unnest($1::text[]) needed WHERE to_regrole(quote_ident(needed)) IS NULL
				OR NOT has_database_privilege(to_regrole(quote_ident(needed)), current_database(), 'CONNECT') ORDER BY needed),
			(SELECT other FROM substring(current_user FROM '^(.+)_' || $2 || '$') other
				WHERE other <> $3 AND to_regrole(quote_ident(other || '_' || $4)) IS NOT NULL)
		FROM pg_roles WHERE rolname = current_user`,
		prefix.Roles(append([]string{Operator, Portal}, application...)...), Operator, prefix.String(), Portal).
		Scan(&user, &may, &unusable, &foreign)
	switch {
	case err != nil:
		return fmt.Errorf("look for the database roles: %w", err)
	case !may && foreign != nil:
		return &RolePrefixError{User: user, Prefix: RolePrefix(*foreign)}
	case len(unusable) == 0:
		return nil
	case !may:
		return &RolesMissingError{Roles: unusable, User: user}
	}
	statements, err := SplitStatements(BootstrapSQL(prefix, application))
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
