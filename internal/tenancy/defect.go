package tenancy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DefectKind says what is wrong in a schema.
type DefectKind string

// The kinds of defects.
const (
	// DefectTable: a table of the application is missing.
	DefectTable DefectKind = "table"
	// DefectOwner: the schema or a table belongs to another role than the operator's, which can neither migrate nor drop it.
	DefectOwner DefectKind = "owner"
	// DefectRole: a role of the application does not exist.
	DefectRole DefectKind = "role"
	// DefectPrivilege: a role of the application lacks a privilege.
	DefectPrivilege DefectKind = "privilege"
	// DefectExcess: a role has a privilege that nothing declares. Only the tables in public are checked for these.
	DefectExcess DefectKind = "excess"
)

// Defect is one thing that an application needs in a schema and does not have there.
type Defect struct {
	Kind DefectKind `json:"kind"`
	// Database is the name of the database. Empty: the defect is one of a schema.
	Database string `json:"database"`
	// Schema is the name of the schema. Empty: the defect is one of the database itself.
	Schema string `json:"schema"`
	// Table is the name of the table. Empty: the defect is one of the schema itself.
	Table string `json:"table"`
	// Owner is the role that the table or schema belongs to. Empty: the table is missing.
	Owner string `json:"owner"`
	// Role is the role that lacks the privilege, or has it in excess, or should be the owner. Empty: everybody (PUBLIC).
	Role string `json:"role"`
	// Privilege is what the role lacks or has in excess, such as SELECT. Empty: ownership.
	Privilege string `json:"privilege"`
	// Surplus are tables in the schema that the application does not know, of which one may be a missing table under another
	// name. At most maxSurplus.
	Surplus []string `json:"surplus"`
}

// maxSurplus bounds Defect.Surplus.
const maxSurplus = 3

// Statement returns the SQL with which an administrator of the database mends the defect. Empty: no single statement does.
func (d Defect) Statement() string {
	switch {
	case d.Kind == DefectOwner:
		return fmt.Sprintf("ALTER %s OWNER TO %s;", d.object(), quote(d.Role))
	case d.Kind == DefectPrivilege:
		return fmt.Sprintf("GRANT %s ON %s TO %s;", d.Privilege, d.object(), quote(d.Role))
	case d.Kind == DefectExcess && d.Role == "":
		return fmt.Sprintf("REVOKE %s ON %s FROM PUBLIC;", d.Privilege, d.object())
	case d.Kind == DefectExcess:
		return fmt.Sprintf("REVOKE %s ON %s FROM %s;", d.Privilege, d.object(), quote(d.Role))
	case d.Kind == DefectTable && len(d.Surplus) == 1:
		return fmt.Sprintf("ALTER TABLE %s RENAME TO %s;", pgx.Identifier{d.Schema, d.Surplus[0]}.Sanitize(), quote(d.Table))
	}
	return ""
}

func (d Defect) object() string {
	if d.Schema == "" {
		return "DATABASE " + quote(d.Database)
	}
	if d.Table == "" {
		return "SCHEMA " + quote(d.Schema)
	}
	return "TABLE " + pgx.Identifier{d.Schema, d.Table}.Sanitize()
}

// ofPrivilege reports whether a privilege is missing or in excess.
func (d Defect) ofPrivilege() bool { return d.Kind == DefectPrivilege || d.Kind == DefectExcess }

// MergePrivileges makes one defect of all privileges that a role lacks, or has in excess, on one object.
func MergePrivileges(defects []Defect) []Defect {
	var merged []Defect
	for _, d := range defects {
		i := slices.IndexFunc(merged, func(m Defect) bool {
			return m.ofPrivilege() && d.Kind == m.Kind && m.Database == d.Database && m.Schema == d.Schema && m.Table == d.Table && m.Role == d.Role
		})
		if i < 0 {
			merged = append(merged, d)
			continue
		}
		merged[i].Privilege += ", " + d.Privilege
	}
	return merged
}

// onlyPrivileges reports whether defects are missing privileges, which the operator can grant.
func onlyPrivileges(defects []Defect) bool {
	return !slices.ContainsFunc(defects, func(d Defect) bool { return d.Kind != DefectPrivilege })
}

// DefectsError says that an operation is not possible because of defects.
type DefectsError struct{ Defects []Defect }

func (e *DefectsError) Error() string {
	var defects []string
	for _, d := range e.Defects {
		defects = append(defects, fmt.Sprintf("%s of %s.%s", d.Kind, d.Schema, d.Table))
	}
	return "the schema lacks what the application needs: " + strings.Join(defects, ", ")
}
