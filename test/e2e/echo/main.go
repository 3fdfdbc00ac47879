// Command echo is the program of the tests' pods: it answers requests, and sends some itself, so that a test sees what a
// pod sees.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// timeout bounds a request that a pod sends. It is how long a refused one takes.
const timeout = 3 * time.Second

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s answers %s", os.Getenv("NAME"), r.Host)
	})
	mux.HandleFunc("GET /get", answer(func(ctx context.Context, r *http.Request) (string, error) {
		return get(ctx, r.FormValue("url"))
	}))
	mux.HandleFunc("GET /connect", answer(func(ctx context.Context, r *http.Request) (string, error) {
		return connect(ctx, r.FormValue("address"))
	}))
	mux.HandleFunc("GET /postgres", answer(func(ctx context.Context, r *http.Request) (string, error) {
		return postgres(ctx, r.FormValue("uri"))
	}))
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: timeout}
	log.Print("Listening on ", server.Addr)
	log.Fatal(server.ListenAndServe())
}

// answer serves what do returns, or its error with the status 502.
func answer(do func(context.Context, *http.Request) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		text, err := do(ctx, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, text)
	}
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("request %s: %w", url, err)
	}
	// A policy applies to new connections.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return string(content), err
}

func connect(ctx context.Context, address string) (string, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	return "connected", connection.Close()
}

// postgres returns the version of TLS of a connection to the database.
func postgres(ctx context.Context, uri string) (version string, err error) {
	connection, err := pgx.Connect(ctx, uri)
	if err != nil {
		return "", fmt.Errorf("connect to Postgres: %w", err)
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	err = connection.QueryRow(ctx, "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&version)
	return version, err
}
