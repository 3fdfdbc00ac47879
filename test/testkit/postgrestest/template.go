package postgrestest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Template is a database that is prepared once in a test program. Copies of it cost less than preparing each.
type Template struct {
	prepare func(ctx context.Context, database *Database) error
	created sync.Once
	name    string
	err     error
}

// NewTemplate returns a Template. The first copy calls prepare, which leaves no connection to the database open.
func NewTemplate(prepare func(ctx context.Context, database *Database) error) *Template {
	return &Template{prepare: prepare}
}

// New is the function New with a copy of the Template. A server that this program has not started gets no Template, which
// nothing would drop, and the database is prepared by itself.
func (m *Template) New(t testing.TB) *Database {
	t.Helper()
	administrator := sharedServer(t)
	if !ownsServer() {
		database := newDatabase(t, administrator, postgres.DefaultRolePrefix)
		if err := m.prepare(t.Context(), database); err != nil {
			t.Fatalf("Prepare the test's database: %v", err)
		}
		return database
	}
	m.created.Do(func() { m.err = m.create(administrator) })
	if m.err != nil {
		t.Fatalf("Prepare the template of the tests' databases: %v", m.err)
	}
	return untilEnd(t, administrator, func(ctx context.Context) (*Database, error) { return m.copy(ctx, administrator) })
}

// copy copies the Template with its privileges and settings, which CREATE DATABASE leaves out. Granting them again would cost
// a connection to the copy.
func (m *Template) copy(ctx context.Context, administrator *administrator) (*Database, error) {
	database, err := copyOf(ctx, administrator, postgres.DefaultRolePrefix, m.name)
	if err != nil {
		return nil, err
	}
	if err := administrator.execute(ctx, fmt.Sprintf(`
		UPDATE pg_database SET datacl = (SELECT datacl FROM pg_database WHERE datname = '%[1]s') WHERE datname = '%[2]s';
		INSERT INTO pg_db_role_setting
		SELECT (SELECT oid FROM pg_database WHERE datname = '%[2]s'), setrole, setconfig FROM pg_db_role_setting
		WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '%[1]s')`, m.name, database.Name)); err != nil {
		return nil, err
	}
	return database, nil
}

func (m *Template) create(administrator *administrator) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	database, err := create(ctx, administrator, postgres.DefaultRolePrefix)
	if err != nil {
		return err
	}
	m.name = database.Name
	if err := m.prepare(ctx, database); err != nil {
		return fmt.Errorf("prepare %s: %w", database.Name, err)
	}
	return nil
}
