package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// RoleSetting is a setting of a role, such as statement_timeout=0.
type RoleSetting struct{ Role, Setting string }

// UnexpectedRoleSettings returns the settings of roles, in the current database or in all, that BootstrapSQL does not make:
// Postgres lets every role change its own. Empty search paths are expected, too.
func UnexpectedRoleSettings(ctx context.Context, db Querier, roles []string) ([]RoleSetting, error) {
	rows, err := db.Query(ctx, `SELECT r.rolname::text, setting
		FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) setting
		WHERE r.rolname = ANY ($1) AND (s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
			AND NOT setting = ANY ($2)
		ORDER BY 1, 2`, roles, append(slices.Clone(roleSettings), `search_path=""`))
	if err != nil {
		return nil, fmt.Errorf("read the settings of the database roles: %w", err)
	}
	unexpected, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RoleSetting])
	if err != nil {
		return nil, fmt.Errorf("read the settings of the database roles: %w", err)
	}
	return unexpected, nil
}
