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
		database := New(t)
		if err := m.prepare(t.Context(), database); err != nil {
			t.Fatalf("Prepare the test's database: %v", err)
		}
		return database
	}
	m.created.Do(func() { m.err = m.create(administrator) })
	if m.err != nil {
		t.Fatalf("Prepare the template of the tests' databases: %v", m.err)
	}
	return newCopy(t, administrator, postgres.DefaultRolePrefix, m.name)
}

func (m *Template) create(administrator *administrator) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	database, err := create(ctx, administrator, postgres.DefaultRolePrefix, emptyTemplate)
	if err != nil {
		return err
	}
	m.name = database.Name
	if err := m.prepare(ctx, database); err != nil {
		return fmt.Errorf("prepare %s: %w", database.Name, err)
	}
	return nil
}
