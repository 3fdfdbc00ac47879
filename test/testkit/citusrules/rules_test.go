package citusrules_test

import (
	"slices"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/citusrules"
)

func TestViolations(t *testing.T) {
	t.Parallel()
	tests := []struct{ schema, statement, want string }{
		{"", "CREATE TABLE a (id bigint)", "a primary key on every table"},
		{"", "CREATE TABLE a (id bigint PRIMARY KEY, b bigint REFERENCES public.users)", "no foreign key to public"},
		{"", "CREATE TRIGGER a BEFORE INSERT ON b EXECUTE FUNCTION c()", "no trigger"},
		{"", "ALTER TABLE a ADD COLUMN b int, ADD COLUMN c int", "one subcommand per ALTER TABLE"},
		{"", "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS IDENTITY", "identity columns only in CREATE TABLE"},
		{"", "ALTER TABLE a ENABLE ROW LEVEL SECURITY", "no row-level security"},
		{"", "SET LOCAL ROLE alice", "one role per program: workers do not follow SET ROLE"},
		{"", "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "no MERGE"},
		{"", "CREATE SCHEMA a CREATE TABLE b (id int PRIMARY KEY)", "CREATE SCHEMA and CREATE TABLE are two statements"},
		{"alice", "INSERT INTO alice.posts (a, b) VALUES (lower($1), (SELECT 1))", "no scalar subquery in VALUES"},
		{"alice", `UPDATE "alice"."posts" SET a = clock_timestamp()`, "no volatile function in UPDATE: pass times and ids as parameters"},
		{"alice", `INSERT INTO public.first_posts SELECT 1 FROM "alice".posts`, "one schema per statement"},
	}
	for _, test := range tests {
		if got := citusrules.Violations(test.statement, test.schema); !slices.Contains(got, test.want) {
			t.Errorf("%s violates %q, want %q", test.statement, got, test.want)
		}
	}
	for _, statement := range []string{
		"CREATE TABLE a (id bigint PRIMARY KEY, c int, b bigint REFERENCES c)", "ALTER TABLE a ADD CONSTRAINT b CHECK (c IN (1, 2))",
		"CREATE SCHEMA alice", "INSERT INTO a VALUES ($1, lower($2))", "UPDATE a SET b = now() -- random()",
	} {
		if got := citusrules.Violations(statement, ""); len(got) > 0 {
			t.Errorf("%s violates %q", statement, got)
		}
	}
}
