package postgrestest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// In transaction mode, transactions of different connections may use the same session.
func TestBouncerSharesSessions(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	bouncer := postgrestest.NewBouncer(t, database)
	first := connect(t, bouncer.URI(database.OperatorURI))
	if _, err := first.Exec(t.Context(), "SET test.trace = 'behind'", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	second := connect(t, bouncer.URI(database.OperatorURI))
	var left string
	if err := second.QueryRow(t.Context(), "SHOW test.trace", pgx.QueryExecModeSimpleProtocol).Scan(&left); err != nil || left != "behind" {
		t.Errorf("another connection finds %q in its session, error %v", left, err)
	}
	bouncer.Stop()
	if connection, err := pgx.Connect(t.Context(), bouncer.URI(database.BlogURI)); err == nil {
		connection.Close(t.Context())
		t.Error("a stopped bouncer accepts connections")
	}
}
