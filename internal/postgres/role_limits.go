package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// roleSettings bound what a session of a program may hold. The programs have shorter limits of their own; these also
// hold for a thief of a password, until the thief changes them for the session.
var roleSettings = []string{"idle_in_transaction_session_timeout=1min", "lock_timeout=30s", "statement_timeout=15min"}

// RoleLimitsSQL returns the SQL that limits the connections and the sessions of roles in the current database. No program
// can take more than half of the server's connections.
func RoleLimitsSQL(roles []string) string {
	var settings strings.Builder
	for _, setting := range roleSettings {
		name, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&settings, "        EXECUTE format('ALTER ROLE %%I IN DATABASE %%I SET %s = %%L', program, current_database(), '%s');\n", name, value)
	}
	return `
-- Limits of the programs' sessions.
DO $$
DECLARE
    program text;
    half    int := current_setting('max_connections')::int / 2;
BEGIN
    FOREACH program IN ARRAY ARRAY['` + strings.Join(roles, "', '") + `'] LOOP
` + settings.String() + `        IF (SELECT rolconnlimit FROM pg_roles WHERE rolname = program) <> half THEN
            EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', program, half);
        END IF;
    END LOOP;
END
$$;
`
}

// RoleSetting is a setting of a role, such as statement_timeout=0.
type RoleSetting struct{ Role, Setting string }

// UnexpectedRoleSettings returns the settings of roles, in the current database or in all, that RoleLimitsSQL does not make:
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
