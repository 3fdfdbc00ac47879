// Package naming holds the rules for the names that a tenant has: its own name, its Postgres schema and its hosts.
// It is pure: nothing here looks anything up.
package naming

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxNameLength is the longest name of a tenant, in bytes. A DNS label may have 63 (RFC 1035 section 2.3.4); the
	// rest is left to names derived from it.
	MaxNameLength = 40
	// MaxRolePrefixLength is the longest prefix of the names of database roles, in bytes. A name may have 63; the rest is
	// left to the names of programs.
	MaxRolePrefixLength = 48
)

var tenantName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// NameError says why a name cannot be used, in a sentence for the person who chose it.
type NameError struct {
	// Name is the requested name.
	Name string
	// Sentence says what is wrong and what to do.
	Sentence string
}

func (e *NameError) Error() string { return strconv.Quote(e.Name) + ": " + e.Sentence }

// CheckTenant returns a *NameError when name cannot be a tenant's. The rule is the one of the Tenant's definition in
// Kubernetes: a DNS-1123 label of at most 40 characters that is not reserved. Labels with hyphens as the third and fourth
// characters are those of international names (RFC 5891 section 4.2.3.1): xn--pypal-4ve looks like paypal.
func CheckTenant(name string) error {
	switch {
	case len(name) > MaxNameLength || !tenantName.MatchString(name):
		return &NameError{name, "use at most 40 lowercase letters, digits and hyphens, beginning and ending with a letter or digit, such as john-doe"}
	case len(name) >= 4 && name[2:4] == "--":
		return &NameError{name, "names with hyphens as the third and fourth characters are reserved for international domain names: choose another name"}
	case strings.HasPrefix(name, "pg-") || strings.HasPrefix(name, "deleted-"):
		return &NameError{name, "names that start with pg- or deleted- are reserved: choose another name"}
	case isReserved(strings.ReplaceAll(name, "-", "")):
		return &NameError{name, "this name is reserved for the platform itself: choose another name"}
	}
	return nil
}

// isReserved reports whether a name, without its hyphens, belongs to the platform.
func isReserved(name string) bool {
	return slices.Contains(Reserved, name) || strings.Contains(name, brand)
}

var rolePrefix = regexp.MustCompile(`^[a-z]([a-z0-9_]*[a-z0-9])?$`)

// CheckRolePrefix returns a *NameError when the names of database roles cannot begin with prefix and an underscore. The rule
// is the one of the Platform's definition in Kubernetes. Postgres reserves names that begin with pg_.
func CheckRolePrefix(prefix string) error {
	if len(prefix) > MaxRolePrefixLength || !rolePrefix.MatchString(prefix) || strings.HasPrefix(prefix+"_", "pg_") {
		return &NameError{prefix, "use at most 48 lowercase letters, digits and underscores, beginning with a letter and ending with a letter or digit, " +
			"such as blogs_staging; names that begin with pg_ are reserved"}
	}
	return nil
}

// Schema returns the default schema of the tenant called name.
func Schema(name string) string {
	return strings.ReplaceAll(name, "-", "_")
}

// Tombstone returns the name that the schema of a deleted tenant is kept under. With the second in it, a tenant that an older
// database has brought back can be deleted again: the restoration leaves the schema of the first deletion.
func Tombstone(tenantID int64, deleted time.Time) string {
	return fmt.Sprintf("deleted_%d_%s", tenantID, deleted.UTC().Format("20060102150405"))
}
