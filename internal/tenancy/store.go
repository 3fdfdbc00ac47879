package tenancy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// rowsTimeout bounds transactions that change what directories read. It is far below a minute, because directories read
	// the changes of the last minute, and a change is stamped with the start of its transaction.
	rowsTimeout = 20 * time.Second
	// migrationTimeout bounds the migrations of one tenant.
	migrationTimeout = 10 * time.Minute
	// lockTimeout ends the wait for a lock that another session holds, so that one tenant does not delay the others.
	// Readers of the table queue behind the one that waits: it is less than the 3 s that a page waits for its statement.
	lockTimeout = "SET LOCAL lock_timeout = '1s'"
)

// Options configure a Store.
type Options struct {
	// Pool bounds the connections.
	Pool postgres.PoolOptions
	// Citus says that the database is a Citus cluster. Creations then wait for each other; in parallel, many would end in
	// deadlocks.
	Citus bool
	// NamespaceUID is the UID of the Platform's namespace. The Store writes nothing while the database serves a Platform in
	// a namespace with another UID. Empty: a database without a Platform, in tests.
	NamespaceUID string
	// Application is what runs in the schemas of tenants. Required.
	Application application.Application
	// RolePrefix is the start of the names of the database roles. Defaults to postgres.DefaultRolePrefix.
	RolePrefix postgres.RolePrefix
	// Public are further tables in public, in the order in which they are created.
	Public []application.Set
	// MaxClockSkew is the largest tolerated difference between the times that are passed to the Store and the database's
	// clock; beyond it holds and retentions use the safer of the two. It is for tests, which set only one of the clocks.
	// Defaults to 0.
	MaxClockSkew time.Duration
}

// Store is the only writer of the registry and of tenants' schemas in one database.
type Store struct {
	Reader
	pool    *pgxpool.Pool
	options Options
	app     application.Application

	prefetched prefetch
}

// Open returns a Store for the database at uri, as the operator's role. It connects when it is first used.
func Open(uri string, o Options) (*Store, error) {
	pool, err := postgres.NewPool(uri, o.Pool)
	if err != nil {
		return nil, err
	}
	return &Store{Reader: Reader{pool}, pool: pool, options: o, app: o.Application}, nil
}

// Close closes all connections and waits for transactions in progress.
func (s *Store) Close() { s.pool.Close() }

// Stat returns statistics of the connection pool.
func (s *Store) Stat() *pgxpool.Stat { return s.pool.Stat() }

func (s *Store) clock(now time.Time) clock { return clock{now, s.options.MaxClockSkew} }

// lockRow reads the tenant called name and locks its row until the transaction ends. It returns ErrNotFound if there is
// none.
func lockRow(ctx context.Context, tx pgx.Tx, name string) (Tenant, error) {
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM public.tenants WHERE name = $1 AND state <> `+SupersededSQL+` FOR UPDATE`, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, ErrNotFound
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("lock tenant %s: %w", name, err)
	}
	return Reader{tx}.Find(ctx, name)
}

// notify announces a change of a tenant to directories when the transaction commits.
func notify(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, Channel, strconv.FormatInt(id, 10)); err != nil {
		return fmt.Errorf("announce the change of tenant %d: %w", id, err)
	}
	return nil
}

func queueNotify(batch *pgx.Batch, name string) {
	batch.Queue(`SELECT pg_notify($1, id::text) FROM public.tenants WHERE name = $2 AND state <> `+SupersededSQL, Channel, name)
}

// run sends statements without parameters in one round trip, each in a message of its own: Citus refuses a CREATE SCHEMA
// that comes with others. It returns a *statementError.
func run(ctx context.Context, tx pgx.Tx, statements ...string) error {
	batch := &pgx.Batch{}
	for _, statement := range statements {
		batch.Queue(statement)
	}
	results := tx.SendBatch(ctx, batch)
	defer results.Close()
	for i := range statements {
		if _, err := results.Exec(); err != nil {
			return &statementError{i, err}
		}
	}
	return results.Close()
}

// statementError is the error of one of the statements that run sent.
type statementError struct {
	index int
	err   error
}

func (e *statementError) Error() string { return e.err.Error() }

// Unwrap returns the error of the database.
func (e *statementError) Unwrap() error { return e.err }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
