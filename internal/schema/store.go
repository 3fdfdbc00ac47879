package schema

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/schema/migrations"
)

var (
	// ErrSchemaExists says that a schema of that name was there before and is not ours.
	ErrSchemaExists = errors.New("a schema of that name exists and does not belong to EchoBlogs")
	// ErrNewer says that a schema has migrations that this program does not know.
	ErrNewer = errors.New("the schema has migrations of a newer version of EchoBlogs")
)

// MigrationError says that the statements of migrations did not go through. Nothing of them has happened.
type MigrationError struct {
	// From and To are the versions of the schema before and after.
	From, To int32
	// Err is the database's error.
	Err error
}

func (e *MigrationError) Error() string {
	return fmt.Sprintf("migrate from version %d to %d: %v", e.From, e.To, e.Err)
}

// Unwrap returns the database's error.
func (e *MigrationError) Unwrap() error { return e.Err }

const (
	// rowsTimeout bounds a transaction that changes what blogs read: they look at changes of the last minute, counted
	// from the beginning of a transaction, so that none may take nearly as long.
	rowsTimeout = 20 * time.Second
	// migrationTimeout bounds the migrations of one tenant.
	migrationTimeout = 10 * time.Minute
	// lockTimeout ends the wait for a lock that another session holds, so that one tenant does not hold up the rest.
	// Readers of the table queue behind the one who waits: it is less than the 3 s that a page waits for its statement.
	lockTimeout = "1s"
)

// Store makes and changes schemas in one database.
type Store struct {
	pool   *pgxpool.Pool
	tenant []Migration
	public []Migration
	// serial makes creations wait for each other, without which Citus answers many with deadlocks.
	serial bool
	// maxSkew is that of registry.Clock.
	maxSkew time.Duration
}

// NewStore returns a store with the migrations that the program carries. It returns an error when they have gaps or
// duplicates. On Citus creations are serialised.
func NewStore(pool *pgxpool.Pool, citus bool) (*Store, error) {
	tenant, err := ReadMigrations(migrations.Tenant, "tenant")
	if err != nil {
		return nil, err
	}
	public, err := ReadMigrations(migrations.Public, "public")
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool, tenant: tenant, public: public, serial: citus}, nil
}

// WithTenantMigrations returns a store that brings schemas to other migrations: those of another application.
func (s *Store) WithTenantMigrations(tenant []Migration) *Store {
	other := *s
	other.tenant = tenant
	return &other
}

// WithMaxSkew returns a store that believes the times it is given although the database's clock is this far away; see
// registry.Clock. It is for tests. The default is zero.
func (s *Store) WithMaxSkew(skew time.Duration) *Store {
	other := *s
	other.maxSkew = skew
	return &other
}

func (s *Store) clock(now time.Time) registry.Clock {
	return registry.Clock{Now: now, MaxSkew: s.maxSkew}
}

// DeleteExpiredHolds frees names whose hold is over.
func (s *Store) DeleteExpiredHolds(ctx context.Context, now time.Time) error {
	return registry.DeleteExpiredHolds(ctx, s.pool, s.clock(now))
}

// Pool returns the connections of the database.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Latest returns the version that schemas are brought to.
func (s *Store) Latest() int32 { return int32(len(s.tenant)) }

// inTransaction runs work in one transaction that takes at most limit. The operation is what metrics call it.
func (s *Store) inTransaction(ctx context.Context, operation string, limit time.Duration, work func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return work(ctx, tx) })
	result := "committed"
	if err != nil {
		result = "rolled_back"
	}
	if postgres.Code(err) == postgres.CodeReadOnly {
		s.pool.Reset() // a session may stay so for as long as it lasts: the server has changed its part, or its settings
	}
	transactions.WithLabelValues(operation, result).Inc()
	return err
}

// run sends statements without parameters in one round trip, by the simple protocol.
func run(ctx context.Context, tx pgx.Tx, sql string) error {
	_, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// inSchema turns migrations into the statements that apply them to one schema, with the blog's rights on what they
// make.
func inSchema(name, statements string) string {
	schema := quote(name)
	return "SET LOCAL lock_timeout = '" + lockTimeout + "'; SET LOCAL search_path = " + schema + ";\n" + statements +
		"GRANT USAGE ON SCHEMA " + schema + " TO " + postgres.BlogRole + ";\n" +
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + postgres.BlogRole
}
