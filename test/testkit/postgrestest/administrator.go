package postgrestest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// maxAdministratorConns is the largest number of connections that an administrator keeps open.
const maxAdministratorConns = 2

// administrator creates and drops the databases of a server. It reuses its connections, because the process of a connection
// costs more than most statements. It is not a pgxpool, whose goroutines would look like leaks of the tests.
type administrator struct {
	uri string
	// idle contains the connections that are not in use. One that has not been opened, or has failed, is nil.
	idle chan *pgx.Conn
}

func newAdministrator(uri string) *administrator {
	a := &administrator{uri: uri, idle: make(chan *pgx.Conn, maxAdministratorConns)}
	for range maxAdministratorConns {
		a.idle <- nil
	}
	return a
}

// execute runs SQL outside of any test's database.
func (a *administrator) execute(ctx context.Context, sql string) error {
	var connection *pgx.Conn
	select {
	case connection = <-a.idle:
	case <-ctx.Done():
		return fmt.Errorf("wait for the administrator's connection: %w", ctx.Err())
	}
	defer func() { a.idle <- connection }()
	if connection == nil {
		var err error
		if connection, err = pgx.Connect(ctx, a.uri); err != nil {
			connection = nil
			return fmt.Errorf("connect to the test server: %w", err)
		}
	}
	_, err := connection.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		connection.Close(ctx)
		connection = nil
		return fmt.Errorf("prepare the test server: %w", err)
	}
	return nil
}

// close closes the connections. Nothing may be running.
func (a *administrator) close(ctx context.Context) {
	for range maxAdministratorConns {
		if connection := <-a.idle; connection != nil {
			connection.Close(ctx)
		}
	}
}

// prepareDatabase runs SQL in a test's database, as the administrator.
func prepareDatabase(ctx context.Context, uri, sql string) error {
	connection, err := pgx.Connect(ctx, uri)
	if err != nil {
		return fmt.Errorf("connect to the test's database: %w", err)
	}
	defer connection.Close(ctx)
	if _, err := connection.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("prepare the test's database: %w", err)
	}
	return nil
}
