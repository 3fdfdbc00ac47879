package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

func TestLogText(t *testing.T) {
	t.Parallel()
	answer := func(code, message string, position int32) error {
		return fmt.Errorf("save: %w", &pgconn.PgError{Code: code, Message: message, Position: position, Detail: "Key (email)=(alice@example.org) exists."})
	}
	tests := map[string]struct {
		err  error
		want string
	}{
		"our own statement":    {answer("42601", `syntax error at or near "TABEL"`, 8), `The database refused a statement. The server says: syntax error at or near "TABEL", at character 8 of the statement (SQLSTATE 42601)`},
		"without a position":   {answer("55P03", "canceling statement due to lock timeout", 0), "Another session holds a lock. The server says: canceling statement due to lock timeout (SQLSTATE 55P03)"},
		"a value":              {answer("22P02", `invalid input syntax for type date: "secret"`, 3), "The database rejected a value. (SQLSTATE 22P02)"},
		"a constraint":         {answer("23505", "duplicate key value", 0), "The database refused a value that contradicts others. (SQLSTATE 23505)"},
		"raised by a function": {answer("P0001", "alice@example.org is taken", 0), "The database refused a statement. (SQLSTATE P0001)"},
		"no answer":            {errors.New("closed pool"), "closed pool"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := postgres.LogText(test.err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
