package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// manyClients is the number of clients beyond which plain SQL does not create schemas faster on two cores.
	manyClients = 8
	// workers is the number of Tenants that the operator reconciles concurrently.
	workers = 16
)

// sqlLimit creates and drops what a Tenant has in the database: by the product's code, and by plain SQL with the same rows
// and the product's statements for the schema.
type sqlLimit struct {
	store        *tenancy.Store
	connections  []*pgx.Conn // of plain SQL, one per client
	createSchema string      // the product's statements for the schema of the Tenant called template
	find         string      // the product's query of a Tenant's row
}

const template = "template"

func newSQLLimit(ctx context.Context, s *stack) (*sqlLimit, error) {
	uri := s.databases.operator[limitDatabase]
	l := &sqlLimit{}
	for range workers {
		connection, err := pgx.Connect(ctx, uri)
		if err != nil {
			return l, fmt.Errorf("connect as the operator: %w", err)
		}
		l.connections = append(l.connections, connection)
	}
	var err error
	if l.store, err = tenancy.Open(uri, tenancy.Options{Application: blog.Application, Public: []application.Set{migrations.Set}, Pool: postgres.PoolOptions{MaxConns: manyClients}}); err != nil {
		return l, err
	}
	if err := l.store.Prepare(ctx); err != nil {
		return l, fmt.Errorf("prepare the database of the limits: %w", err)
	}
	return l, l.recordStatements(ctx, uri)
}

func (l *sqlLimit) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, connection := range l.connections {
		_ = connection.Close(ctx)
	}
	if l.store != nil {
		l.store.Close()
	}
}

// recordStatements creates one tenant with the product's code, and records the statements.
func (l *sqlLimit) recordStatements(ctx context.Context, uri string) error {
	sent := &recorder{}
	store, err := tenancy.Open(uri, tenancy.Options{Application: blog.Application, Public: []application.Set{migrations.Set}, Pool: postgres.PoolOptions{Tracer: sent}})
	if err != nil {
		return err
	}
	defer store.Close()
	if _, err := store.Find(ctx, template); !errors.Is(err, tenancy.ErrNotFound) {
		return fmt.Errorf("look up a missing tenant: %w", err)
	}
	l.find = sent.statements[0]
	if err := store.Create(ctx, specOf(template), tenancy.CreateOptions{}, time.Now()); err != nil {
		return fmt.Errorf("create a tenant: %w", err)
	}
	for _, batch := range sent.batches {
		if strings.HasPrefix(batch[0], "CREATE SCHEMA") {
			l.createSchema = strings.Join(batch, ";\n")
		}
	}
	if l.createSchema == "" {
		return errors.New("the product sends no batch that begins with CREATE SCHEMA")
	}
	made, err := store.Find(ctx, template)
	if err == nil {
		_, err = store.Drop(ctx, made, nil, time.Now())
	}
	if err != nil {
		return fmt.Errorf("drop the tenant: %w", err)
	}
	return nil
}

// recorder records the statements of connections, and those that are sent in batches.
type recorder struct {
	statements []string
	batches    [][]string
}

// TraceQueryStart is called by pgx before it sends a statement.
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.statements = append(r.statements, data.SQL)
	return ctx
}

// TraceQueryEnd is called by pgx after it has the result.
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart is called by pgx before it sends a batch.
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	batch := make([]string, len(data.Batch.QueuedQueries))
	for i, query := range data.Batch.QueuedQueries {
		batch[i] = query.SQL
	}
	r.batches = append(r.batches, batch)
	return ctx
}

// TraceBatchQuery is called by pgx after the result of each statement of a batch.
func (r *recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is called by pgx after the last result of a batch.
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func specOf(name string) tenancy.Spec {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	return tenancy.Spec{
		Name: name, SchemaName: naming.Schema(name), DisplayName: displayName, PrimaryHost: name + "." + domain,
		PaidUntil: today.AddDate(1, 0, 0), SuspendAt: today.AddDate(1, 0, 15),
	}
}

// createByProduct does what the reconcile of a new Tenant does in the database.
func (l *sqlLimit) createByProduct(ctx context.Context, _ int, name string) error {
	if _, err := l.store.Find(ctx, name); !errors.Is(err, tenancy.ErrNotFound) {
		return fmt.Errorf("look up the tenant %s: %w", name, err)
	}
	return l.store.Create(ctx, specOf(name), tenancy.CreateOptions{}, time.Now())
}

// create creates a tenant in one transaction and one round trip.
func (l *sqlLimit) create(ctx context.Context, client int, name string) error {
	spec := specOf(name)
	return l.transaction(ctx, client, fmt.Sprintf(`
		WITH t AS (
			INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at, created_at, updated_at)
			VALUES ('%s', '%s', 'live', '0001', '%s', '%s', '%s', now(), now()) RETURNING id
		)
		INSERT INTO public.domains (host, tenant_id, is_primary) SELECT '%s', id, true FROM t;
		%s`, spec.Name, spec.SchemaName, spec.DisplayName, spec.PaidUntil.Format(time.DateOnly), spec.SuspendAt.Format(time.RFC3339),
		spec.PrimaryHost, strings.ReplaceAll(l.createSchema, template, spec.SchemaName)))
}

// drop drops a tenant in one transaction and one round trip.
func (l *sqlLimit) drop(ctx context.Context, client int, name string) error {
	return l.transaction(ctx, client, fmt.Sprintf(`
		DROP SCHEMA %s CASCADE;
		UPDATE public.tenants SET state = 'released', released_at = now(), updated_at = now() WHERE name = '%s'`,
		pgx.Identifier{naming.Schema(name)}.Sanitize(), name))
}

func (l *sqlLimit) transaction(ctx context.Context, client int, statements string) error {
	_, err := l.connections[client].PgConn().Exec(ctx, "BEGIN;"+statements+";COMMIT").ReadAll()
	if err != nil {
		return fmt.Errorf("run plain SQL: %w", err)
	}
	return nil
}

// read runs the product's query of a Tenant's row, and reads the result.
func (l *sqlLimit) read(ctx context.Context, client int, name string) error {
	rows, err := l.connections[client].Query(ctx, l.find, pgx.QueryExecModeExec, name)
	if err != nil {
		return fmt.Errorf("read the row of %s: %w", name, err)
	}
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			return fmt.Errorf("read the row of %s: %w", name, err)
		}
	}
	return rows.Err()
}
