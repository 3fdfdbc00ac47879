package tenancy

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// registry are the registry's own tables.
var registry = application.Set{
	Name:       "registry",
	Migrations: application.MustReadMigrations(migrations, "migrations"),
	Grants: []application.Grant{
		{Program: postgres.Portal, Privileges: []string{"SELECT"}, Tables: []string{"installation", "tenants", "domains", "tenant_objects"}},
	},
}

// sets returns all sets of tables in public, in the order in which they are created.
func (o Options) sets() []application.Set {
	return append([]application.Set{registry}, o.Public...)
}

// publicGrants returns all privileges on tables in public.
func (o Options) publicGrants() []application.Grant {
	grants := slices.Clone(o.Application.PublicGrants)
	for _, set := range o.sets() {
		grants = append(grants, set.Grants...)
	}
	return grants
}

// publicNeeds are what the programs need in the schema public.
func (o Options) publicNeeds() needs {
	n := o.needsOf(o.publicGrants(), false)
	n.add("schema_migrations", "", "")
	return n
}

// publicDefects returns the defects of the schema public, and of the privileges on the database.
func (o Options) publicDefects(ctx context.Context, db postgres.Querier) ([]Defect, error) {
	needs := o.publicNeeds()
	defects, err := defectsOf(ctx, db, "public", needs)
	if err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, `SELECT 'excess' AS kind, '' AS database, 'public' AS schema, c.relname::text AS table, '' AS owner,
			CASE WHEN held.grantee = 0 THEN '' ELSE pg_get_userbyid(held.grantee) END AS role, held.privilege_type AS privilege, NULL::text[] AS surplus
		FROM (SELECT DISTINCT need.relation FROM unnest($1::text[]::name[]) AS need (relation)) known
		CROSS JOIN LATERAL (SELECT found.oid, found.relname, found.relowner, found.relacl FROM pg_class found
			WHERE found.relname = known.relation AND found.relnamespace = 'public'::regnamespace OFFSET 0) c
		CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION
			SELECT one.* FROM pg_attribute a, aclexplode(a.attacl) one WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) held
		WHERE c.relowner = to_regrole(quote_ident(current_user)) AND held.grantor = c.relowner
			AND (held.grantee = 0 OR pg_get_userbyid(held.grantee) = ANY ($4::text[]) AND NOT EXISTS (
				SELECT FROM unnest($1::text[], $2::text[], $3::text[]) AS need (relation, role, privilege)
				WHERE need.relation = c.relname AND need.role = pg_get_userbyid(held.grantee) AND need.privilege = held.privilege_type))
		UNION ALL SELECT 'privilege', current_database()::text, '', '', '', program, 'CONNECT', NULL FROM unnest($4::text[]) program
		WHERE NOT has_database_privilege(to_regrole(quote_ident(program)), current_database(), 'CONNECT')
		ORDER BY 4, 6, 7`, needs.tables, needs.roles, needs.privileges,
		o.restricted())
	if err != nil {
		return nil, fmt.Errorf("inspect privileges in public: %w", err)
	}
	excess, err := pgx.CollectRows(rows, pgx.RowToStructByName[Defect])
	if err != nil {
		return nil, fmt.Errorf("inspect privileges in public: %w", err)
	}
	return append(defects, excess...), nil
}

// grantPublic grants the programs the privileges on tables in public that they lack, and revokes those that they should not
// have. Privileges on what belongs to another role, and on the schema itself, are the administrator's.
func (o Options) grantPublic(ctx context.Context, tx pgx.Tx) error {
	defects, err := o.publicDefects(ctx, tx)
	if err != nil {
		return err
	}
	defects = slices.DeleteFunc(defects, func(d Defect) bool { return d.Table == "" })
	if err := run(ctx, tx, statements(repairable(defects))...); err != nil {
		return fmt.Errorf("grant the programs their privileges in public: %w", err)
	}
	return nil
}

// ExcessPrivileges returns privileges on the database and on the schema public that everybody, or a program other than the
// operator, should not have. Only an administrator can revoke them. No program needs the default ones, with which each role
// of the server may connect.
func (i Inspector) ExcessPrivileges(ctx context.Context) ([]Defect, error) {
	rows, err := i.db.Query(ctx, `SELECT 'excess' AS kind, granted.database, granted.schema, '' AS table, '' AS owner,
			CASE WHEN held.grantee = 0 THEN '' ELSE pg_get_userbyid(held.grantee) END AS role, held.privilege_type AS privilege, NULL::text[] AS surplus
		FROM (SELECT datname::text AS database, '' AS schema, coalesce(datacl, acldefault('d', datdba)) AS acl FROM pg_database WHERE datname = current_database()
			UNION ALL SELECT '', nspname::text, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'public') granted
		CROSS JOIN aclexplode(granted.acl) held
		WHERE held.grantee = 0 AND (granted.schema = '' OR held.privilege_type <> 'USAGE')
			OR pg_get_userbyid(held.grantee) = ANY ($1::text[]) AND held.privilege_type NOT IN ('CONNECT', 'USAGE')
		ORDER BY 2, 3, 6, 7`, i.options.restricted())
	if err != nil {
		return nil, fmt.Errorf("inspect privileges on the database: %w", err)
	}
	excess, err := pgx.CollectRows(rows, pgx.RowToStructByName[Defect])
	if err != nil {
		return nil, fmt.Errorf("inspect privileges on the database: %w", err)
	}
	return excess, nil
}

// restricted returns the roles of all programs but the operator, which owns what it creates.
func (o Options) restricted() []string {
	return o.RolePrefix.Roles(append(o.Application.Programs(), postgres.Portal)...)
}
