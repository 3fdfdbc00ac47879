package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	clientfeatures "k8s.io/client-go/features"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/echoblogs/echoblogs/controllers"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/internal/version"
	"github.com/echoblogs/echoblogs/internal/web"
)

type runOptions struct {
	namespace      string
	kubeconfig     string
	probeAddress   string
	dnsServer      string
	metricsAddress string
	healthAddress  string
	pprofAddress   string
	leaderElection bool
	workers        int
	maxConnections int32
	verbose        bool
}

func runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Reconcile the Tenants and Platforms of one namespace",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the namespace of the Tenants and Platforms; defaults to $POD_NAMESPACE")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "the kubeconfig file; defaults to the pod's service account")
	flags.StringVar(&o.probeAddress, "probe-address", "", "the host:port of the backend for probes; defaults to the Platform's backend Service")
	flags.StringVar(&o.dnsServer, "dns-server", "", "the address of the DNS server that is asked for the records of custom domains, such as 10.0.0.10:53; defaults to the system's")
	flags.StringVar(&o.metricsAddress, "metrics-address", ":8080", "the address of Prometheus metrics; 0 disables them")
	flags.StringVar(&o.healthAddress, "health-address", ":8081", "the address of /healthz and /readyz; 0 disables them")
	flags.StringVar(&o.pprofAddress, "pprof-address", "", "the address of Go profiles, such as 127.0.0.1:6060; disabled if empty")
	flags.BoolVar(&o.leaderElection, "leader-elect", false, "elect a leader among several replicas; only the leader reconciles")
	flags.IntVar(&o.workers, "workers", 16, "the number of Tenants reconciled at once")
	flags.Int32Var(&o.maxConnections, "max-connections", 8, "the maximum number of connections to one database")
	flags.BoolVar(&o.verbose, "verbose", false, "log every reconcile")
	return cmd
}

func run(cmd *cobra.Command, o runOptions) error {
	_, _ = memlimit.Set() // GOMEMLIMIT is 90% of the container's limit; an error says that there is none
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	clientfeatures.ReplaceFeatureGates(gates{clientfeatures.FeatureGates()})
	if o.namespace == "" {
		return errors.New("set the namespace with --namespace or the environment variable POD_NAMESPACE")
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: logLevel(o.verbose)}))
	ctrl.SetLogger(logr.FromSlogHandler(log.Handler()))
	klog.SetSlogLogger(log)
	log.LogAttrs(cmd.Context(), slog.LevelInfo, "Starting", slog.String("version", version.Get().Version), slog.String("revision", version.Get().Revision))
	config, err := restConfig(o.kubeconfig)
	if err != nil {
		return err
	}
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	live, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("create the client of the API server: %w", err)
	}
	stores := &connections.Stores{
		Application: blog.Application, Public: []application.Set{migrations.Set}, Live: live, MaxConns: o.maxConnections,
	}
	defer stores.Close()
	for _, collector := range append(tenancy.Metrics(), postgres.PoolCollector{Stats: stores.Stats}, version.Collector()) {
		if err := metrics.Registry.Register(collector); err != nil {
			return fmt.Errorf("register the database metrics: %w", err)
		}
	}
	setup := func(mgr ctrl.Manager) error {
		return controllers.Setup(mgr, controllers.Options{
			Stores: stores, BackendAddress: o.probeAddress, Workers: o.workers, Resolver: domainproof.NewResolver(o.dnsServer),
		})
	}
	hasRun := &runMark{}
	return serveWhile(cmd.Context(), log, o.endpoints(hasRun), func(ctx context.Context) {
		keepRunning(ctx, log, func(ctx context.Context) error {
			controllers.Restart(stores)
			return runManager(ctx, log, config, scheme, o, setup, hasRun)
		})
	})
}

// endpoints returns what the operator serves as long as its process runs, also while it has no manager. It is ready once a manager
// has run: no Service routes to it, but an upgrade stops the former operators only when the new ones are ready.
func (o runOptions) endpoints(hasRun *runMark) []web.Endpoint {
	var endpoints []web.Endpoint
	if o.metricsAddress != "0" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(metrics.Registry, promhttp.HandlerOpts{}))
		endpoints = append(endpoints, web.Endpoint{Name: "metrics", Address: o.metricsAddress, Handler: mux})
	}
	if o.healthAddress != "0" {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /healthz", web.Live)
		mux.Handle("GET /readyz", &web.Readiness{Check: func(context.Context) string {
			if hasRun.Load() {
				return ""
			}
			return "The controllers have not run yet: the log says why."
		}})
		endpoints = append(endpoints, web.Endpoint{Name: "health checks", Address: o.healthAddress, Handler: mux})
	}
	return endpoints
}

// serveWhile serves endpoints until work, which it starts, has returned. Work ends with ctx, or when an endpoint fails.
func serveWhile(ctx context.Context, log *slog.Logger, endpoints []web.Endpoint, work func(context.Context)) error {
	working, stopWork := context.WithCancel(ctx)
	defer stopWork()
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() {
		served <- web.Serve(serving, log, endpoints...)
		stopWork()
	}()
	work(working)
	stopServing()
	return <-served
}
