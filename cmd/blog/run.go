package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/version"
	"github.com/echoblogs/echoblogs/internal/web"
)

type runOptions struct {
	address        string
	metricsAddress string
	accessLog      bool
	readerConns    int32
	editorConns    int32
	mediaConns     int32
	pageCache      int
}

func runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Serve the blogs of all tenants",
		Long: `Serve the blogs of all tenants until SIGTERM or SIGINT.

The address of the database is read from the environment variable ECHOBLOGS_DATABASE_URI, or from the file that
ECHOBLOGS_DATABASE_URI_FILE names, which is read again for each new connection. The server starts even if the database is
unavailable, and answers 503 until it is.

If the address points to PgBouncer in transaction mode, also set ECHOBLOGS_LISTEN_URI or ECHOBLOGS_LISTEN_URI_FILE
to the address of the database itself, for the connection that listens for changes. Without it, changes take up to two
seconds to show.

Readers, owners and uploads have separate connections to the database: saves, logins, exports and large files never delay
readers. A replica opens at most --reader-connections plus --editor-connections plus --media-connections, and two more for the
registry.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.address, "address", ":8080", "the address on which to serve blogs, /healthz and /readyz")
	flags.StringVar(&o.metricsAddress, "metrics-address", ":8081", "the address on which to serve Prometheus metrics; 0 disables them")
	flags.BoolVar(&o.accessLog, "access-log", false, "log every request")
	flags.Int32Var(&o.readerConns, "reader-connections", 8, "the maximum number of database connections for pages for readers")
	flags.Int32Var(&o.editorConns, "editor-connections", 4, "the maximum number of database connections for logins, saves and exports")
	flags.Int32Var(&o.mediaConns, "media-connections", 2, "the maximum number of database connections for uploads and for their readers")
	flags.IntVar(&o.pageCache, "page-cache", 0, "how many MiB of pages to keep in memory; 0: 32, or an eighth of the memory if that is less")
	return cmd
}

func run(ctx context.Context, o runOptions) error {
	_, _ = memlimit.Set() // GOMEMLIMIT is 90% of the container's limit; an error says that there is none
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	log.LogAttrs(ctx, slog.LevelInfo, "Starting", slog.String("version", version.Get().Version), slog.String("revision", version.Get().Revision))
	uri, err := postgres.AddressFromEnv("ECHOBLOGS_DATABASE_URI")
	if err != nil {
		return err
	}
	if uri == "" {
		return errors.New("the address of the database is not set: set ECHOBLOGS_DATABASE_URI, or ECHOBLOGS_DATABASE_URI_FILE to the name of a file")
	}
	listenURI, err := postgres.AddressFromEnv("ECHOBLOGS_LISTEN_URI")
	if err != nil {
		return err
	}
	served, err := blog.New(blog.Options{
		DatabaseURI: uri, ListenURI: listenURI, ReaderConns: o.readerConns, EditorConns: o.editorConns, MediaConns: o.mediaConns, PageCache: o.pageCache << 20, AccessLog: o.accessLog, Log: log,
	})
	if err != nil {
		return err
	}
	endpoints := []web.Endpoint{{Name: "blogs", Address: o.address, Handler: served.Handler()}}
	if o.metricsAddress != "0" {
		endpoints = append(endpoints, web.Endpoint{Name: "metrics", Address: o.metricsAddress, Handler: metrics(served)})
	}
	// The directory is refreshed until the last request has been answered.
	directory, stop := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		served.Run(directory)
	}()
	// A pod that is started again after a crash is among the ready ones for a moment. While it accepts no connection, the
	// ingress controller can choose another one.
	<-served.Attempted()
	err = web.Serve(ctx, log, endpoints...)
	stop()
	<-stopped
	served.Close()
	return err
}

func metrics(served *blog.Blog) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), version.Collector())
	registry.MustRegister(served.Collectors()...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}
