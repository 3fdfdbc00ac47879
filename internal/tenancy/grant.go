package tenancy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/application"
)

// GrantMissing grants the missing privileges among the defects of a live tenant, except on what belongs to another role.
// It returns what it granted.
func (s *Store) GrantMissing(ctx context.Context, read Tenant) (granted []Defect, err error) {
	if granted = repairable(read.Defects); len(granted) == 0 {
		return nil, nil
	}
	err = s.inTransaction(ctx, "grant", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tenant, err := lockRow(ctx, tx, read.Name)
		if err != nil {
			return err
		}
		if tenant.ID != read.ID || tenant.State != StateLive || tenant.SchemaName != read.SchemaName {
			return fmt.Errorf("grant privileges on schema %s: %w", read.SchemaName, ErrConflict)
		}
		if err := run(ctx, tx, append([]string{lockTimeout}, statements(granted)...)...); err != nil {
			return fmt.Errorf("grant privileges on schema %s: %w", read.SchemaName, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return granted, nil
}

// repairable returns the defects that the operator can mend: privileges, except those on what belongs to another role.
func repairable(defects []Defect) []Defect {
	foreign := map[string]bool{}
	for _, d := range defects {
		if d.Kind == DefectOwner {
			foreign[d.Table] = true
		}
	}
	return MergePrivileges(slices.DeleteFunc(slices.Clone(defects), func(d Defect) bool { return !d.ofPrivilege() || foreign[d.Table] }))
}

// statements returns the statements that mend defects.
func statements(defects []Defect) (statements []string) {
	for _, d := range defects {
		statements = append(statements, d.Statement())
	}
	return statements
}

// accessSQL returns the statements that grant the application's roles their privileges in one schema.
func (s *Store) accessSQL(schemaName string) []string {
	return append(s.usageSQL("GRANT", schemaName, "TO"), s.grantSQL(schemaName)...)
}

// usageSQL returns the statement that grants or revokes the use of one schema, or none if the application has no roles.
func (s *Store) usageSQL(verb, schemaName, preposition string) []string {
	roles := s.options.RolePrefix.Roles(application.ProgramsOf(s.app.Grants)...)
	if len(roles) == 0 {
		return nil
	}
	for i, role := range roles {
		roles[i] = quote(role)
	}
	return []string{fmt.Sprintf("%s USAGE ON SCHEMA %s %s %s", verb, quote(schemaName), preposition, strings.Join(roles, ", "))}
}

// grantSQL returns the statements that grant the application's privileges on tables of one schema. They name every table: the cost of a GRANT
// on all tables of a schema grows with the number of tables in the database.
func (s *Store) grantSQL(schema string) (statements []string) {
	for _, grant := range s.app.Grants {
		tables := make([]string, len(grant.Tables))
		for i, table := range grant.Tables {
			tables[i] = pgx.Identifier{schema, table}.Sanitize()
		}
		statements = append(statements, fmt.Sprintf("GRANT %s ON %s TO %s",
			strings.Join(grant.Privileges, ", "), strings.Join(tables, ", "), quote(s.options.RolePrefix.Role(grant.Program))))
	}
	return statements
}
