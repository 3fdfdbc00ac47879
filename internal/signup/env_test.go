package signup_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// leaseTime is how long a lease of a registration lasts.
const leaseTime = 25 * time.Second

// password is a good one.
const password = "a lantern over the harbour"

// env is a database and a cluster of one test. Several services, which stand for replicas, may share them.
type env struct {
	t       *testing.T
	pool    *pgxpool.Pool // with the portal's role
	admin   *pgxpool.Pool
	cluster *cluster
	clock   *clock
}

func newEnv(t *testing.T) *env {
	t.Helper()
	database := tenancytest.NewDatabase(t)
	return &env{
		t: t, pool: connect(t, database.PortalURI), admin: connect(t, database.AdminURI), cluster: newCluster(),
		clock: &clock{now: time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)},
	}
}

func connect(t *testing.T, uri string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// service returns a replica that does nothing by itself.
func (e *env) service(edits ...func(*signup.Options)) *signup.Service {
	o := signup.Options{DB: e.pool, Tenants: e.cluster.client(nil), Hasher: hasher{}, Patience: time.Millisecond, Now: e.clock.Now, Log: slog.New(slog.DiscardHandler)}
	for _, edit := range edits {
		edit(&o)
	}
	return signup.New(o)
}

// running returns a replica that watches and sweeps until the test ends.
func (e *env) running(edits ...func(*signup.Options)) *signup.Service {
	s := e.service(append([]func(*signup.Options){func(o *signup.Options) { o.Patience = time.Minute }}, edits...)...)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	e.t.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

func (e *env) exec(sql string, args ...any) {
	e.t.Helper()
	if _, err := e.admin.Exec(e.t.Context(), sql, args...); err != nil {
		e.t.Fatalf("%s: %v", sql, err)
	}
}

// request is a valid request.
func request(name string) signup.Request {
	return signup.Request{Username: name, Email: name + "@example.org", Password: password, Address: "192.0.2.1"}
}

// outcome is everything that exists of a registration.
type outcome struct {
	State   signup.State
	Failure signup.Failure
	// User is the state of the user. Empty: there is none.
	User string
	// Tenant reports whether there is a Tenant of the registration.
	Tenant bool
}

func (e *env) outcome(name string) outcome {
	e.t.Helper()
	var (
		o  outcome
		id string
	)
	err := e.admin.QueryRow(e.t.Context(), `SELECT r.id, r.state, r.failure, COALESCE(u.state, '') FROM public.registrations r
		LEFT JOIN public.users u ON u.id = r.user_id WHERE r.username = $1`, name).Scan(&id, &o.State, &o.Failure, &o.User)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		e.t.Fatal(err)
	}
	o.Tenant = id != "" && e.cluster.registrationOf(name) == id
	return o
}

func (e *env) want(name string, want outcome) {
	e.t.Helper()
	if got := e.outcome(name); got != want {
		e.t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
}

// registration returns the ID of the registration of a name, or "".
func (e *env) registration(name string) (id string) {
	e.t.Helper()
	err := e.admin.QueryRow(e.t.Context(), `SELECT id FROM public.registrations WHERE username = $1`, name).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		e.t.Fatal(err)
	}
	return id
}

// count returns the number that a query returns.
func (e *env) count(sql string, args ...any) (n int) {
	e.t.Helper()
	if err := e.admin.QueryRow(e.t.Context(), sql, args...).Scan(&n); err != nil {
		e.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// clock is a clock that stands still unless the test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// hasher is fast.
type hasher struct{}

func (hasher) Hash(_ context.Context, _, password string) (string, error) {
	return "hash of " + password, nil
}

// fault counts the calls of a replica to the database and the API server, and fails at one of them.
type fault struct {
	mu    sync.Mutex
	calls int
	// at is the call that fails. 0: none.
	at int
	// crash makes it, and every later one, fail without being done. Otherwise it is done, and its response is lost.
	crash bool
}

// call does a call.
func (f *fault) call(do func() error) error {
	if f == nil {
		return do()
	}
	f.mu.Lock()
	f.calls++
	fails := f.at != 0 && (f.calls == f.at || f.crash && f.calls > f.at)
	f.mu.Unlock()
	if fails && f.crash {
		return errFault
	}
	if err := do(); err != nil || !fails {
		return err
	}
	return errFault
}

var errFault = errors.New("fault of the test")

// faultyDB is a database with a fault.
type faultyDB struct {
	postgres.Beginner
	fault *fault
}

func (d faultyDB) Begin(ctx context.Context) (tx pgx.Tx, err error) {
	err = d.fault.call(func() error {
		tx, err = d.Beginner.Begin(ctx)
		return err
	})
	if err != nil {
		if tx != nil {
			_ = tx.Rollback(ctx)
		}
		return nil, err
	}
	return faultyTx{tx, d.fault}, nil
}

func (d faultyDB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return exec(ctx, d.Beginner, d.fault, sql, args)
}

func (d faultyDB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return query(ctx, d.Beginner, d.fault, sql, args)
}

func (d faultyDB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return queryRow(ctx, d.Beginner, d.fault, sql, args)
}

// faultyTx is a transaction of a faultyDB.
type faultyTx struct {
	pgx.Tx
	fault *fault
}

func (t faultyTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return exec(ctx, t.Tx, t.fault, sql, args)
}

func (t faultyTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return query(ctx, t.Tx, t.fault, sql, args)
}

func (t faultyTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return queryRow(ctx, t.Tx, t.fault, sql, args)
}

func (t faultyTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	var results pgx.BatchResults
	err := t.fault.call(func() error {
		results = t.Tx.SendBatch(ctx, b)
		return nil
	})
	if err == nil {
		return results
	}
	if results != nil {
		err = errors.Join(err, results.Close())
	}
	return failedBatch{err: err}
}

// failedBatch is the result of a batch that failed.
type failedBatch struct {
	pgx.BatchResults
	err error
}

func (b failedBatch) Close() error { return b.err }

func (t faultyTx) Commit(ctx context.Context) error {
	return t.fault.call(func() error { return t.Tx.Commit(ctx) })
}

func exec(ctx context.Context, db postgres.Querier, f *fault, sql string, args []any) (tag pgconn.CommandTag, err error) {
	err = f.call(func() error {
		tag, err = db.Exec(ctx, sql, args...)
		return err
	})
	return tag, err
}

func query(ctx context.Context, db postgres.Querier, f *fault, sql string, args []any) (rows pgx.Rows, err error) {
	err = f.call(func() error {
		rows, err = db.Query(ctx, sql, args...) //nolint:sqlclosecheck // the caller closes them
		return err
	})
	if err != nil && rows != nil {
		rows.Close()
	}
	return rows, err
}

func queryRow(ctx context.Context, db postgres.Querier, f *fault, sql string, args []any) pgx.Row {
	rows, err := query(ctx, db, f, sql, args)
	return row{rows, err}
}

// row is the first row of a query.
type row struct {
	rows pgx.Rows
	err  error
}

func (r row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return fmt.Errorf("read row: %w", err)
		}
		return pgx.ErrNoRows
	}
	return r.rows.Scan(dest...)
}
