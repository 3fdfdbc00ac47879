package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// bare is the limit of the blog: a handler that has the statements for each host, runs them in the same mode as the blog,
// reads the rows and responds with a page of the same size. It does not render, check or count.
type bare struct {
	address, uriFile string
	connections      int32
	size             int // of the page, in bytes
}

func bareCommand() *cobra.Command {
	var o bare
	c := &cobra.Command{
		Use:    "bare",
		Short:  "Serve what the blog is compared with",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE:   func(c *cobra.Command, _ []string) error { return o.serve(c.Context()) },
	}
	flags := c.Flags()
	flags.StringVar(&o.address, "address", "", "where to listen")
	flags.StringVar(&o.uriFile, "uri-file", "", "the file with the blog's connection string")
	flags.Int32Var(&o.connections, "connections", 8, "the number of connections to the database")
	flags.IntVar(&o.size, "size", 0, "the size of the page, in bytes")
	return c
}

func (o bare) serve(ctx context.Context) error {
	uri, err := os.ReadFile(o.uriFile)
	if err != nil {
		return fmt.Errorf("read the connection string: %w", err)
	}
	config, err := pgxpool.ParseConfig(string(uri))
	if err != nil {
		return errors.New("the connection string cannot be read")
	}
	config.MaxConns = o.connections
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer pool.Close()
	statements, err := statementsByHost(ctx, pool)
	if err != nil {
		return err
	}
	page, size := []byte(strings.Repeat(".", o.size)), strconv.Itoa(o.size)
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		if err := readPage(r.Context(), pool, statements[r.Host]); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", size)
		w.Write(page)
	})
	server := &http.Server{Addr: o.address, Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// readPage reads all rows of a page's statements, which are sent in one round trip as the blog sends them.
func readPage(ctx context.Context, pool *pgxpool.Pool, statements []statement) error {
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.sql, s.args...)
	}
	results := pool.SendBatch(ctx, batch)
	defer results.Close()
	for range statements {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			rows.RawValues()
		}
		if rows.Close(); rows.Err() != nil {
			return rows.Err()
		}
	}
	return results.Close()
}

// statement is a statement of the blog.
type statement struct {
	sql  string
	args []any
}

// statementsByHost records the statements with which the blog reads its first page, for each host.
func statementsByHost(ctx context.Context, pool *pgxpool.Pool) (map[string][]statement, error) {
	rows, err := pool.Query(ctx, `SELECT d.host, t.schema_name FROM public.domains d JOIN public.tenants t ON t.id = d.tenant_id WHERE t.state = 'live'`)
	if err != nil {
		return nil, fmt.Errorf("read the hosts: %w", err)
	}
	defer rows.Close()
	statements := map[string][]statement{}
	for rows.Next() {
		var host, schema string
		if err := rows.Scan(&host, &schema); err != nil {
			return nil, fmt.Errorf("read the hosts: %w", err)
		}
		if statements[host], err = statementsOf(ctx, schema); err != nil {
			return nil, err
		}
	}
	return statements, rows.Err()
}

func statementsOf(ctx context.Context, schema string) ([]statement, error) {
	batch, sent := &postgres.Batch{}, &statementRecorder{}
	var ignored settings.Stored
	settings.NewStore(schema).QueueLoad(batch, &ignored)
	if _, err := post.NewStore(schema).List(ctx, postgres.WithBatch(sent, batch), time.Now(), (&settings.Settings{}).PageSize()+1, 0); !errors.Is(err, errRecorded) {
		return nil, fmt.Errorf("record the statements of the schema %s: %w", schema, err)
	}
	return sent.statements, nil
}

// statementRecorder records the statements of a batch instead of running them.
type statementRecorder struct {
	postgres.Querier
	statements []statement
}

var errRecorded = errors.New("recorded, not run")

// SendBatch returns results that are errRecorded.
func (r *statementRecorder) SendBatch(_ context.Context, batch *pgx.Batch) pgx.BatchResults {
	for _, queued := range batch.QueuedQueries {
		r.statements = append(r.statements, statement{queued.SQL, queued.Arguments})
	}
	return noResults{}
}

// noResults are the results of a batch that was not run.
type noResults struct{ pgx.BatchResults }

func (noResults) QueryRow() pgx.Row { return noRow{} }

func (noResults) Close() error { return nil }

type noRow struct{}

func (noRow) Scan(...any) error { return errRecorded }
