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

// bare is the limit of the blog: a handler that has the statement for each host, runs it in the same mode as the blog,
// reads the rows and responds with a page of the same size. It does not render, check or count. Beside that, it responds with bytes from
// memory, which is the limit of what the blog has in memory.
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
	mux.HandleFunc(bytesPath+"{size}", constant)
	server := &http.Server{Addr: o.address, Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// bytesPath is the path of as many constant bytes as its last segment says.
const bytesPath = "/bytes/"

var constantBytes = []byte(strings.Repeat(".", 1<<20))

// constant responds with bytes from memory, or with 304.
func constant(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.Atoi(r.PathValue("size"))
	switch {
	case err != nil || size > len(constantBytes):
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("If-None-Match") != "":
		w.WriteHeader(http.StatusNotModified)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", r.PathValue("size"))
		w.Write(constantBytes[:size])
	}
}

// readPage reads all rows of a page's statement.
func readPage(ctx context.Context, pool *pgxpool.Pool, s statement) error {
	rows, err := pool.Query(ctx, s.sql, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		rows.RawValues()
	}
	return rows.Err()
}

// statement is a statement of the blog.
type statement struct {
	sql  string
	args []any
}

// statementsByHost records the statement with which the blog reads its first page, for each host. What the blog keeps
// in memory is left out.
func statementsByHost(ctx context.Context, pool *pgxpool.Pool) (map[string]statement, error) {
	rows, err := pool.Query(ctx, `SELECT d.host, t.schema_name FROM public.domains d JOIN public.tenants t ON t.id = d.tenant_id WHERE t.state = 'live'`)
	if err != nil {
		return nil, fmt.Errorf("read the hosts: %w", err)
	}
	defer rows.Close()
	statements := map[string]statement{}
	for rows.Next() {
		var host, schema string
		if err := rows.Scan(&host, &schema); err != nil {
			return nil, fmt.Errorf("read the hosts: %w", err)
		}
		sent := &statementRecorder{}
		_, err := post.NewStore(schema).List(ctx, sent, time.Now(), (&settings.Settings{}).PageSize()+1, 0)
		if !errors.Is(err, errRecorded) {
			return nil, fmt.Errorf("record the statement of the schema %s: %w", schema, err)
		}
		statements[host] = sent.statement
	}
	return statements, rows.Err()
}

// statementRecorder records a statement instead of running it.
type statementRecorder struct {
	postgres.Querier
	statement statement
}

var errRecorded = errors.New("recorded, not run")

// Query returns errRecorded.
func (r *statementRecorder) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	r.statement = statement{sql, args}
	return nil, errRecorded
}
