package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	clientfeatures "k8s.io/client-go/features"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// stopTimeout bounds the reconciles in progress when the operator is stopped.
const stopTimeout = 20 * time.Second

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
	ctrl.SetLogger(zap.New(zap.JSONEncoder(), zap.Level(zapLevel(o.verbose))))
	mgr, err := newManager(o)
	if err != nil {
		return err
	}
	stores := &connections.Stores{
		Application: blog.Application, Public: []application.Set{migrations.Set}, Live: mgr.GetAPIReader(), MaxConns: o.maxConnections,
	}
	defer stores.Close()
	for _, collector := range append(tenancy.Metrics(), postgres.PoolCollector{Stats: stores.Stats}) {
		if err := metrics.Registry.Register(collector); err != nil {
			return fmt.Errorf("register the database metrics: %w", err)
		}
	}
	if err := controllers.Setup(mgr, controllers.Options{
		Stores: stores, BackendAddress: o.probeAddress, Workers: o.workers, Resolver: domainproof.NewResolver(o.dnsServer),
	}); err != nil {
		return err
	}
	if err := mgr.Start(cmd.Context()); err != nil {
		return fmt.Errorf("run the controllers: %w", err)
	}
	return nil
}

func newManager(o runOptions) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register the API types: %w", err)
	}
	config, err := restConfig(o.kubeconfig)
	if err != nil {
		return nil, err
	}
	stop := stopTimeout
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.CacheOptions(o.namespace),
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress:        o.healthAddress,
		PprofBindAddress:              o.pprofAddress,
		LeaderElection:                o.leaderElection,
		LeaderElectionID:              "echoblogs-operator",
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &stop,
	})
	if err != nil {
		return nil, fmt.Errorf("create the manager: %w", err)
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("add the health check: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("add the readiness check: %w", err)
	}
	return mgr, nil
}
