package tenancy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// needs are what an application needs in a schema, as parallel arrays: a role, or the operator if it is empty, needs a
// privilege on a table, or on the schema if that is empty. Without a privilege, the role needs to be the owner.
type needs struct{ tables, roles, privileges []string }

func (n *needs) add(table, role, privilege string) {
	n.tables, n.roles, n.privileges = append(n.tables, table), append(n.roles, role), append(n.privileges, privilege)
}

// needsOf returns what grants need in a schema, which the operator owns unless it is the schema public.
func (o Options) needsOf(grants []application.Grant, ownsSchema bool) needs {
	var n needs
	if ownsSchema {
		n.add("", "", "")
	}
	for _, program := range application.ProgramsOf(grants) {
		n.add("", o.RolePrefix.Role(program), "USAGE")
	}
	for _, grant := range grants {
		for _, table := range grant.Tables {
			if !slices.Contains(n.tables, table) {
				n.add(table, "", "")
			}
			for _, privilege := range grant.Privileges {
				n.add(table, o.RolePrefix.Role(grant.Program), strings.ToUpper(privilege))
			}
		}
	}
	return n
}

// defectsSQL is a column with the defects of the schema t.schema_name as JSON; NULL: none, or there is no such schema. Its
// arguments are needs, in the parameters from number first on.
//
// All rows are found through indexes (OFFSET 0 keeps Postgres from joining all of pg_class instead), and privileges are read from them: functions such as has_table_privilege would load
// every tenant into the catalog cache of the connection, which never shrinks.
func defectsSQL(first int) string {
	return fmt.Sprintf(`(SELECT json_agg(json_build_object(
			'kind', CASE WHEN need.relation <> '' AND c.oid IS NULL THEN 'table' WHEN need.privilege = '' THEN 'owner'
				WHEN to_regrole(quote_ident(need.role)) IS NULL THEN 'role' ELSE 'privilege' END,
			'schema', n.nspname, 'table', need.relation, 'privilege', need.privilege,
			'owner', CASE WHEN need.relation = '' THEN pg_get_userbyid(n.nspowner) WHEN c.oid IS NOT NULL THEN pg_get_userbyid(c.relowner) ELSE '' END,
			'role', CASE WHEN need.role = '' THEN current_user ELSE need.role END,
			'surplus', CASE WHEN need.relation <> '' AND c.oid IS NULL THEN ARRAY(
				SELECT o.relname FROM pg_depend d JOIN pg_class o ON o.oid = d.objid
				WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass
				AND o.relkind IN ('r', 'p') AND NOT o.relname = ANY ($%[1]d::text[]::name[]) ORDER BY o.relname LIMIT %[4]d) END
		) ORDER BY need.position)
		FROM pg_namespace n
		CROSS JOIN unnest($%[1]d::text[]::name[], $%[2]d::text[]::name[], $%[3]d::text[]) WITH ORDINALITY AS need (relation, role, privilege, position)
		LEFT JOIN LATERAL (SELECT found.oid, found.relowner, found.relacl FROM pg_class found
			WHERE found.relname = need.relation AND found.relnamespace = n.oid AND found.relkind IN ('r', 'p') OFFSET 0) c ON true
		WHERE n.nspname = t.schema_name::name AND NOT CASE
			WHEN need.relation <> '' AND c.oid IS NULL THEN need.privilege <> ''
			WHEN need.privilege = '' THEN pg_has_role(CASE WHEN need.relation = '' THEN n.nspowner ELSE c.relowner END, 'USAGE')
			ELSE EXISTS (SELECT FROM aclexplode(CASE WHEN need.relation = '' THEN coalesce(n.nspacl, acldefault('n', n.nspowner))
					ELSE coalesce(c.relacl, acldefault('r', c.relowner)) END) held
				WHERE held.privilege_type = need.privilege
				AND (held.grantee = 0 OR pg_has_role(to_regrole(quote_ident(need.role)), held.grantee, 'USAGE')))
			END)`, first, first+1, first+2, maxSurplus)
}

// inspectedSQL is defectsSQL for many schemas: it looks for the defects only if the schema, or a table that it needs, belongs to another
// role than the operator, or has not every privilege as the operator grants it, which one comparison of access lists shows.
func inspectedSQL(first int) string {
	return fmt.Sprintf(`CASE WHEN EXISTS (
		WITH operator AS MATERIALIZED (SELECT oid FROM pg_roles WHERE rolname = current_user),
		needed AS MATERIALIZED (
			SELECT need.relation, coalesce(array_agg(makeaclitem(to_regrole(quote_ident(need.role)), operator.oid, need.privilege, false))
				FILTER (WHERE need.privilege <> ''), '{}') AS grants
			FROM operator, unnest($%[1]d::text[]::name[], $%[2]d::text[]::name[], $%[3]d::text[]) AS need (relation, role, privilege) GROUP BY need.relation)
		SELECT FROM operator CROSS JOIN needed JOIN pg_namespace n ON n.nspname = t.schema_name::name
		LEFT JOIN LATERAL (SELECT found.relowner AS owner, found.relacl AS acl FROM pg_class found
			WHERE found.relname = needed.relation AND found.relnamespace = n.oid AND found.relkind IN ('r', 'p') OFFSET 0) c ON true
		WHERE (CASE WHEN needed.relation = '' THEN n.nspowner = operator.oid AND n.nspacl @> ALL (needed.grants)
			ELSE c.owner = operator.oid AND c.acl @> ALL (needed.grants) END) IS NOT TRUE
	) THEN `, first, first+1, first+2) + defectsSQL(first) + ` END`
}

// Inspector reads the registry as a Reader does. With each tenant it reads the defects of its schema.
type Inspector struct {
	Reader
	options Options
}

// NewInspector returns an Inspector that queries db, as the operator's role. Of the options, those of the pool do not matter.
func NewInspector(db postgres.Querier, o Options) Inspector { return Inspector{Reader{db}, o} }

// Inspector returns an Inspector.
func (s *Store) Inspector() Inspector { return Inspector{s.Reader, s.options} }

// RoleSettings returns the settings of the programs' roles that postgres.BootstrapSQL does not make.
func (i Inspector) RoleSettings(ctx context.Context) ([]postgres.RoleSetting, error) {
	return postgres.UnexpectedRoleSettings(ctx, i.db, i.options.roles())
}

// Find is Reader.Find with Tenant.Defects. It is one indexed query, too, but a more expensive one.
func (i Inspector) Find(ctx context.Context, name string) (Tenant, error) {
	needs := i.options.needsOf(i.options.Application.Grants, true)
	return i.one(ctx, "inspect tenant "+name, selectInspected(2)+findCondition, name, needs.tables, needs.roles, needs.privileges)
}

// List is Reader.List with Tenant.Defects.
func (i Inspector) List(ctx context.Context, after string, limit int) ([]Tenant, error) {
	needs := i.options.needsOf(i.options.Application.Grants, true)
	return i.list(ctx, selectInspected(3)+listCondition, after, limit, needs.tables, needs.roles, needs.privileges)
}

// PublicDefects returns the defects of the schema public, the privileges on the operator's tables there that a program, or
// everybody, should not have, and the roles that may not connect to the database.
func (i Inspector) PublicDefects(ctx context.Context) ([]Defect, error) {
	return i.options.publicDefects(ctx, i.db)
}

// defectsOf returns the defects of one schema.
func defectsOf(ctx context.Context, db postgres.Querier, schema string, needs needs) ([]Defect, error) {
	var defects []Defect
	err := db.QueryRow(ctx, `SELECT `+defectsSQL(2)+` FROM (SELECT $1::text AS schema_name) t`, schema, needs.tables, needs.roles, needs.privileges).
		Scan(&defects)
	if err != nil {
		return nil, fmt.Errorf("inspect schema %s: %w", schema, err)
	}
	return defects, nil
}

// foreignTombstone is a column with the defect of the schema t.tombstone_schema, as JSON, if it belongs to another role.
const foreignTombstone = `(SELECT jsonb_build_object('kind', 'owner', 'schema', n.nspname, 'owner', pg_get_userbyid(n.nspowner), 'role', current_user)
	FROM pg_namespace n WHERE n.nspname = t.tombstone_schema::name AND NOT pg_has_role(n.nspowner, 'USAGE'))`

// ForeignTombstones returns the defects of the tombstones, at most limit, that belong to another role than the operator's.
func (i Inspector) ForeignTombstones(ctx context.Context, limit int) ([]Defect, error) {
	rows, err := i.db.Query(ctx, `SELECT found.defect FROM (
			SELECT `+foreignTombstone+` AS defect, t.tombstone_schema FROM public.tenants t WHERE t.tombstone_schema IS NOT NULL) found
		WHERE found.defect IS NOT NULL ORDER BY found.tombstone_schema LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("inspect tombstones: %w", err)
	}
	defects, err := pgx.CollectRows(rows, pgx.RowTo[Defect])
	if err != nil {
		return nil, fmt.Errorf("inspect tombstones: %w", err)
	}
	return defects, nil
}

// explainDenied returns a *DefectsError in place of err if the database denied a statement because a schema, or a table in
// it that grants name, belongs to another role.
func (s *Store) explainDenied(ctx context.Context, schema string, grants []application.Grant, err error) error {
	if postgres.Code(err) != postgres.CodeInsufficientPrivilege {
		return err
	}
	defects, inspectErr := defectsOf(ctx, s.pool, schema, s.options.needsOf(grants, true))
	if inspectErr != nil {
		return err
	}
	defects = slices.DeleteFunc(defects, func(d Defect) bool { return d.Kind != DefectOwner })
	if len(defects) == 0 {
		return err
	}
	return &DefectsError{defects}
}
