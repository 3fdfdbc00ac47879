package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

func TestSplitStatements(t *testing.T) {
	t.Parallel()
	function := "CREATE OR REPLACE FUNCTION f(a int DEFAULT (1)) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; SELECT 4; END"
	tests := map[string]struct {
		script string
		want   []string
	}{
		"nothing":                     {" \n ; ;; -- nothing", nil},
		"two":                         {"SELECT 1;\nSELECT 2", []string{"SELECT 1", "SELECT 2"}},
		"strings":                     {"SELECT 'a;b', 'it''s;';SELECT 2", []string{"SELECT 'a;b', 'it''s;'", "SELECT 2"}},
		"a backslash is no escape":    {`SELECT 'a\';SELECT 2`, []string{`SELECT 'a\'`, "SELECT 2"}},
		"an escape":                   {`SELECT E'a\';b', e'\\';SELECT 2`, []string{`SELECT E'a\';b', e'\\'`, "SELECT 2"}},
		"a name that ends in e":       {`SELECT somee'a\';SELECT 2`, []string{`SELECT somee'a\'`, "SELECT 2"}},
		"Unicode and bit strings":     {`SELECT U&'d\0061;', B'1', x'f';SELECT 2`, []string{`SELECT U&'d\0061;', B'1', x'f'`, "SELECT 2"}},
		"quoted names":                {`SELECT "a;""b";SELECT 2`, []string{`SELECT "a;""b"`, "SELECT 2"}},
		"comments":                    {"-- a;\nSELECT /* b; /* c; */ ; */ 1 -- d;\n, 2; /* e */ -- f", []string{"SELECT /* b; /* c; */ ; */ 1 -- d;\n, 2"}},
		"a comment after an operator": {"SELECT 1 --1;\n;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		"dollar quotes":               {"DO $$ BEGIN; END $$;SELECT $a$ $$;$b$ $a$;SELECT 3", []string{"DO $$ BEGIN; END $$", "SELECT $a$ $$;$b$ $a$", "SELECT 3"}},
		"dollar quotes in any script": {"SELECT $дата$;$дата$;SELECT 2", []string{"SELECT $дата$;$дата$", "SELECT 2"}},
		"parameters":                  {"SELECT $1;SELECT $2", []string{"SELECT $1", "SELECT $2"}},
		"dollars in names":            {"SELECT a$b$;SELECT c$b$", []string{"SELECT a$b$", "SELECT c$b$"}},
		"a number before a word":      {"SELECT 1AS$;SELECT 2", []string{"SELECT 1AS$", "SELECT 2"}},
		"a rule":                      {"CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2);SELECT 3", []string{"CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2)", "SELECT 3"}},
		"a function body":             {function + ";SELECT 3", []string{function, "SELECT 3"}},
		"a transaction":               {"BEGIN;SELECT 1;END;SELECT 2", []string{"BEGIN", "SELECT 1", "END", "SELECT 2"}},
		"parentheses do not carry on": {"SELECT 1);SELECT 2;", []string{"SELECT 1)", "SELECT 2"}},
		"JSON operators":              {"SELECT a->>'b;c' FROM d;SELECT 2", []string{"SELECT a->>'b;c' FROM d", "SELECT 2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := postgres.SplitStatements(test.script)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	for _, script := range []string{"SELECT 'a;", `SELECT E'\'`, `SELECT "a;`, "SELECT $a$;$b$", "SELECT /* /* */ 1;"} {
		if got, err := postgres.SplitStatements(script); err == nil {
			t.Errorf("%s is split into %q", script, got)
		}
	}
}

func FuzzSplitStatements(f *testing.F) {
	for _, seed := range []string{"SELECT 'a;b'; SELECT $a$;$a$", "a;b;c", "/*;*/--;\n;", `E'\';';"`, "CREATE FUNCTION f() BEGIN ATOMIC ; END;", "$1$;é$é$;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		statements, err := postgres.SplitStatements(script)
		if err != nil {
			return
		}
		for _, statement := range statements {
			again, err := postgres.SplitStatements(statement)
			if err != nil || !slices.Equal(again, []string{statement}) {
				t.Errorf("the statement %q of %q is split into %q, %v", statement, script, again, err)
			}
		}
		if joined, err := postgres.SplitStatements(strings.Join(statements, "\n;\n")); err != nil || !slices.Equal(joined, statements) {
			t.Errorf("%q is split into %q, and these into %q, %v", script, statements, joined, err)
		}
	})
}
