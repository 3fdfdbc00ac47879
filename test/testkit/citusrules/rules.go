// Package citusrules checks statements against the restrictions of Citus clusters with schema-based sharding, where every
// tenant's schema is on one worker and the tables in public are on the coordinator. It tests the text of statements, and so
// runs on any PostgreSQL.
package citusrules

import (
	"regexp"
	"strings"
)

// rule is a restriction, and what a statement that violates it contains.
type rule struct {
	name      string
	violation *regexp.Regexp
}

func re(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?is)` + pattern) }

// anywhere are restrictions on all statements.
var anywhere = []rule{
	{"one role per program: workers do not follow SET ROLE", re(`\bSET\s+(LOCAL\s+|SESSION\s+)?(ROLE|SESSION\s+AUTHORIZATION)\b`)},
	{"no MERGE", re(`^\s*MERGE\b`)},
	{"CREATE SCHEMA and CREATE TABLE are two statements", re(`^\s*CREATE\s+SCHEMA\b.*\bCREATE\s`)},
	{"no scalar subquery in VALUES", re(`\bVALUES\s*\((?:[^()]|\([^()]*\))*\(\s*SELECT\b`)},
}

// inTenants are restrictions on statements about a tenant's tables.
var inTenants = []rule{
	{"no trigger", re(`\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b`)},
	{"no row-level security", re(`\bROW\s+LEVEL\s+SECURITY\b|\bCREATE\s+POLICY\b`)},
	{"no volatile function in UPDATE: pass times and ids as parameters", re(`^\s*UPDATE\b.*\b(clock_timestamp|timeofday|random|gen_random_uuid|nextval)\s*\(`)},
	{"no foreign key to public", re(`\bREFERENCES\s+"?public"?\s*\.`)},
	{"identity columns only in CREATE TABLE", re(`^\s*ALTER\s+TABLE\b.*\bAS\s+IDENTITY\b`)},
	{"a primary key on every table", re(`^\s*CREATE\s+TABLE\b`)},
	{"one subcommand per ALTER TABLE", re(`^\s*ALTER\s+TABLE\b`)},
}

var primaryKey = re(`\bPRIMARY\s+KEY\b`)

// Violations returns the restrictions that a statement violates. The schema is that of the tenant whose tables it names;
// empty: its names have no schema, as in migrations of an application, unless they are in public.
func Violations(statement, schema string) (violated []string) {
	statement = withoutComments(statement)
	rules := anywhere
	if schema == "" || names(statement, schema) {
		rules = append(rules[:len(rules):len(rules)], inTenants...)
		if names(statement, "public") {
			violated = append(violated, "one schema per statement")
		}
	}
	for _, r := range rules {
		if r.violation.MatchString(statement) && violates(r.name, statement) {
			violated = append(violated, r.name)
		}
	}
	return violated
}

// violates decides what a pattern cannot.
func violates(name, statement string) bool {
	switch name {
	case "a primary key on every table":
		return !primaryKey.MatchString(statement)
	case "one subcommand per ALTER TABLE":
		return hasTopLevelComma(statement)
	}
	return true
}

func names(statement, schema string) bool {
	return regexp.MustCompile(`(?i)(^|[^\w"])"?` + regexp.QuoteMeta(schema) + `"?\s*\.`).MatchString(statement)
}

func hasTopLevelComma(statement string) bool {
	depth := 0
	for _, c := range statement {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			return true
		}
	}
	return false
}

var comments = regexp.MustCompile(`--[^\n]*|/\*(?s:.*?)\*/`)

func withoutComments(statement string) string {
	return strings.TrimSpace(comments.ReplaceAllString(statement, " "))
}
