// Package platform reconciles Platforms: one file for each step. The comment of a step lists the conditions that it sets;
// one patch at the end of a reconcile writes status, and only if it has changed.
package platform

import (
	"cmp"
	"context"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/finalizer"
	"github.com/echoblogs/echoblogs/controllers/internal/ingress"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=platforms,verbs=get;list;watch;patch;update
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=platforms/status,verbs=patch

// checkInterval is how often a Platform is reconciled, and its Tenants compared with the registry.
const checkInterval = time.Minute

// Reconciler maintains a Platform's database, its own Ingress and its status, and finds Tenants that differ from the
// registry.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads past the cache: Secrets, and Ingresses before they are changed.
	Live client.Reader
	// Recorder records events.
	Recorder events.EventRecorder
	// Stores holds the connections to the Platforms' databases.
	Stores *connections.Stores
	// Clock tells the time.
	Clock clock.PassiveClock
	// Requeuer carries requests to reconcile Tenants. It is shared with the controller of Tenants.
	Requeuer *requeue.Requeuer
	// Prober asks the backends of Platforms for Tenants.
	Prober *probe.Prober
	// BackendInterval is how often the backend of a Platform is asked for one of its Tenants. Defaults to 12 s.
	BackendInterval time.Duration
	// MaxBackoff bounds the delay before a transient failure is retried. Defaults to 30 s.
	MaxBackoff time.Duration

	ingresses ingress.Applier
	status    status.Writer
	drift     driftChecks
	orphans   seenOrphans
	backends  *backendChecks
}

// layers are the conditions that must be True for a Platform to be Ready, in the order of the steps.
var layers = []string{v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionRouteReady}

// scope carries what one reconcile of a Platform has read.
type scope struct {
	*status.Conditions
	// platform is the object; its status is written when the reconcile ends.
	platform *v1alpha1.Platform
	// now is the time of the reconcile.
	now time.Time
}

// SetupWithManager adds the controller to the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.ingresses = ingress.Applier{Client: r.Client, Live: r.Live}
	r.status = status.Writer{Client: r.Client, Recorder: r.Recorder}
	r.BackendInterval = cmp.Or(r.BackendInterval, probeInterval)
	r.backends = newBackendChecks(r)
	if err := mgr.Add(r.backends); err != nil {
		return fmt.Errorf("set up the checks of backends: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Platform{}, builder.WithPredicates(requeue.ObjectChanged)).
		Watches(&networkingv1.Ingress{}, ingress.RequeueOwner(mgr.GetCache(), routing.PlatformOf, &v1alpha1.Platform{}), builder.WithPredicates(requeue.IngressChanged)).
		Watches(&v1alpha1.Tenant{}, debouncePlatform{}).
		WatchesRawSource(source.Channel(r.backends.changed, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{RateLimiter: requeue.Backoff(r.MaxBackoff)}).
		Complete(r)
}

// Reconcile runs the steps for one Platform.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	platform := &v1alpha1.Platform{}
	if err := r.Client.Get(ctx, request.NamespacedName, platform); apierrors.IsNotFound(err) {
		return reconcile.Result{}, r.deleteLeftover(ctx, request.NamespacedName)
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("read Platform %s: %w", request.Name, err)
	}
	return requeue.OnConflict(r.reconcile(ctx, platform))
}

func (r *Reconciler) reconcile(ctx context.Context, platform *v1alpha1.Platform) (reconcile.Result, error) {
	if platform.DeletionTimestamp.IsZero() {
		if _, err := finalizer.Ensure(ctx, r.Client, platform); err != nil {
			return reconcile.Result{}, err
		}
	}
	now := r.Clock.Now()
	s := &scope{Conditions: status.NewConditions(platform, layers, now), platform: platform, now: now}
	steps, err := r.stepsOf(ctx, s)
	if err != nil {
		return reconcile.Result{}, err
	}
	before := platform.DeepCopy()
	stopped, err := step.Run(ctx, s, steps...)
	if err != nil {
		return reconcile.Result{}, err
	}
	if stopped == nil {
		stopped = s.Degraded()
	}
	if err := r.writeStatus(ctx, s, before, stopped); err != nil {
		r.drift.repeat(client.ObjectKeyFromObject(platform))
		r.orphans.forget(client.ObjectKeyFromObject(platform)) // the next check is the first again
		return reconcile.Result{}, err
	}
	return step.Result(ctx, stopped, checkInterval)
}

// stepsOf returns the steps for a Platform. One that is being deleted serves its Tenants until the last one is gone.
func (r *Reconciler) stepsOf(ctx context.Context, s *scope) ([]func(context.Context, *scope) error, error) {
	steps := []func(context.Context, *scope) error{r.ensureDatabase, r.ensureRoute, r.reportBackend, r.requeueDrifted}
	if s.platform.DeletionTimestamp.IsZero() {
		return steps, nil
	}
	tenants, err := r.listTenants(ctx, s.platform)
	if err != nil {
		return nil, err
	}
	if len(tenants) == 0 {
		return []func(context.Context, *scope) error{r.endPlatform}, nil
	}
	return append(steps, r.awaitTenants), nil
}

// listTenants returns the Tenants of a Platform from the cache. They must not be changed.
func (r *Reconciler) listTenants(ctx context.Context, platform *v1alpha1.Platform) ([]v1alpha1.Tenant, error) {
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(platform.Namespace), client.MatchingFields{requeue.TenantPlatform: platform.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("list the Tenants of Platform %s: %w", platform.Name, err)
	}
	return tenants.Items, nil
}
