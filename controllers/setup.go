// Package controllers sets up the controllers of Tenants and Platforms.
package controllers

import (
	"context"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/lookups"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/routes"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/platform"
	"github.com/echoblogs/echoblogs/controllers/tenant"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// Options are the settings of the controllers.
type Options struct {
	// Stores holds the connections to the Platforms' databases. The caller closes it after the manager has stopped.
	// Required.
	Stores *connections.Stores
	// Client reads from the cache and writes to the API server. Defaults to the manager's.
	Client client.Client
	// BackendAddress is the host:port that probes connect to. Defaults to the backend Service of the Platform.
	BackendAddress string
	// BackendInterval is how often the backend of a Platform is asked again for one of its Tenants. Defaults to 12 s.
	BackendInterval time.Duration
	// Resolver looks up the records that prove custom domains. Defaults to the system's.
	Resolver domainproof.Resolver
	// Clock tells the time. Defaults to the system's clock.
	Clock clock.PassiveClock
	// Workers is how many Tenants are reconciled at once. Defaults to 16.
	Workers int
	// MaxBackoff bounds the delay before a transient failure is retried. Defaults to 30 s.
	MaxBackoff time.Duration
}

// CacheOptions returns the options of a manager's cache for the Platforms and Tenants of one namespace.
func CacheOptions(namespace string) cache.Options {
	return cache.Options{
		DefaultNamespaces: map[string]cache.Config{namespace: {}},
		DefaultTransform:  status.StripManagedFields,
		ByObject: map[client.Object]cache.ByObject{
			&networkingv1.Ingress{}: {Transform: stripIngress},
			&v1alpha1.Tenant{}:      {Transform: stripTenant},
		},
	}
}

func stripIngress(object any) (any, error) {
	if ingress, ok := object.(*networkingv1.Ingress); ok {
		routing.StripManagedFields(ingress)
	}
	return object, nil
}

func stripTenant(object any) (any, error) {
	tenant, ok := object.(*v1alpha1.Tenant)
	if !ok {
		return object, nil
	}
	entries := desired.CacheEntries(tenant)
	if _, err := status.StripManagedFields(tenant); err != nil {
		return nil, err
	}
	tenant.ManagedFields = append(tenant.ManagedFields, entries...)
	return tenant, nil
}

// accessTimeout bounds CheckAccess.
const accessTimeout = 10 * time.Second

// CheckAccess reads one object of each kind that the controllers watch. Without the kind, or without permission, they would lead and
// wait for their cache for two minutes before they fail.
func CheckAccess(ctx context.Context, live client.Reader, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, accessTimeout)
	defer cancel()
	for kind, list := range map[string]client.ObjectList{
		"Tenants": &v1alpha1.TenantList{}, "Platforms": &v1alpha1.PlatformList{}, "Ingresses": &networkingv1.IngressList{},
	} {
		if err := live.List(ctx, list, client.InNamespace(namespace), client.Limit(1)); err != nil {
			return fmt.Errorf("list %s in the namespace %s: %w", kind, namespace, err)
		}
	}
	return nil
}

// Restart prepares a process for new controllers after others have ended: the gauges of a former leader would be taken for those of
// the present one, and the rows that it has read are old. It may be called before the first ones.
func Restart(stores *connections.Stores) {
	platform.ResetMetrics()
	tenant.ResetMetrics()
	stores.Restart()
}

// Setup adds the controllers of Tenants and Platforms to a manager, whose cache must be restricted to one namespace.
func Setup(mgr ctrl.Manager, o Options) error {
	if o.Client == nil {
		o.Client = mgr.GetClient()
	}
	o.Client = client.WithFieldOwner(o.Client, status.FieldManager)
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if err := requeue.IndexTenants(context.Background(), mgr.GetFieldIndexer()); err != nil {
		return err
	}
	requeuer := requeue.NewRequeuer()
	proofs := lookups.New(lookups.Options{Resolver: o.Resolver, Clock: o.Clock, Answered: requeuer.RequeueWait})
	if err := mgr.Add(proofs); err != nil {
		return fmt.Errorf("set up the lookups of custom domains: %w", err)
	}
	recorder := status.NewRecorder(mgr.GetEventRecorder("echoblogs-operator"))
	prober := probe.New(o.BackendAddress)
	checks := routes.New(prober, requeuer.RequeueWait)
	if err := mgr.Add(checks); err != nil {
		return fmt.Errorf("set up the checks of routes: %w", err)
	}
	tenants := &tenant.Reconciler{
		Client: o.Client, Live: mgr.GetAPIReader(), Recorder: recorder, Stores: o.Stores, Clock: o.Clock, Requeuer: requeuer,
		Prober: prober, Lookups: proofs, Routes: checks, Workers: o.Workers, MaxBackoff: o.MaxBackoff,
	}
	if err := tenants.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of Tenants: %w", err)
	}
	platforms := &platform.Reconciler{
		Client: o.Client, Live: mgr.GetAPIReader(), Recorder: recorder, Stores: o.Stores, Clock: o.Clock, Requeuer: requeuer,
		Prober: prober, BackendInterval: o.BackendInterval, MaxBackoff: o.MaxBackoff,
	}
	if err := platforms.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of Platforms: %w", err)
	}
	return nil
}
