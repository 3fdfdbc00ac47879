package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/web"
)

type runOptions struct {
	address        string
	metricsAddress string
	accessLog      bool
	maxConnections int32
}

func runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Serve until told to stop",
		Long: `Serve the blogs of all tenants until told to stop by SIGTERM or SIGINT.

The address of the database is read from the variable ECHOBLOGS_DATABASE_URI, or from the file that
ECHOBLOGS_DATABASE_URI_FILE names. The server starts when the database is away, too: it answers 503 until it is there.

Where that address leads through PgBouncer in transaction mode, give the database's own one in ECHOBLOGS_LISTEN_URI or
ECHOBLOGS_LISTEN_URI_FILE as well: one connection waits there for changes, which take up to two seconds to show without.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.address, "address", ":8080", "the address of the blogs, /healthz and /readyz")
	flags.StringVar(&o.metricsAddress, "metrics-address", ":8081", "the address of Prometheus metrics; 0 for none")
	flags.BoolVar(&o.accessLog, "access-log", false, "log every request")
	flags.Int32Var(&o.maxConnections, "max-connections", 8, "the largest number of connections to the database that read posts; two more read the registry")
	return cmd
}

func run(ctx context.Context, o runOptions) error {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	uri, err := web.Setting("ECHOBLOGS_DATABASE_URI")
	if err != nil {
		return err
	}
	if uri == "" {
		return errors.New("say where the database is: in the variable ECHOBLOGS_DATABASE_URI, or in a file that ECHOBLOGS_DATABASE_URI_FILE names")
	}
	listenURI, err := web.Setting("ECHOBLOGS_LISTEN_URI")
	if err != nil {
		return err
	}
	served, err := blog.New(blog.Options{DatabaseURI: uri, ListenURI: listenURI, MaxConns: o.maxConnections, AccessLog: o.accessLog, Log: log})
	if err != nil {
		return err
	}
	sites := []web.Site{{Name: "blogs", Address: o.address, Handler: served.Handler()}}
	if o.metricsAddress != "0" {
		sites = append(sites, web.Site{Name: "metrics", Address: o.metricsAddress, Handler: metrics(served)})
	}
	// The directory is kept up to date until the last request has been answered.
	directory, stop := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		served.Run(directory)
	}()
	err = web.Serve(ctx, log, sites...)
	stop()
	<-stopped
	served.Close()
	return err
}

func metrics(served *blog.Blog) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(served.Collectors()...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}
