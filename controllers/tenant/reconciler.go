// Package tenant reconciles Tenants: one file for each step. The comment of a step lists the conditions that it sets; one
// patch at the end of a reconcile writes status, and only if it has changed.
package tenant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/finalizer"
	"github.com/echoblogs/echoblogs/controllers/internal/ingress"
	"github.com/echoblogs/echoblogs/controllers/internal/lookups"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/routes"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=tenants,verbs=get;list;watch;patch;update
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=tenants/status,verbs=patch
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=tenants/finalizers,verbs=update
// +kubebuilder:rbac:namespace=echoblogs,groups=networking.k8s.io,resources=ingresses,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:namespace=echoblogs,groups=core,resources=secrets,verbs=get
// +kubebuilder:rbac:namespace=echoblogs,groups=core,resources=namespaces,verbs=get
// +kubebuilder:rbac:namespace=echoblogs,groups=events.k8s.io,resources=events,verbs=create;patch

const (
	// defaultWorkers is how many Tenants are reconciled at once.
	defaultWorkers = 16
	// maxWait bounds the wait for a date, so that a change of the clock is noticed.
	maxWait = time.Hour
)

// Reconciler reconciles Tenants.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads past the cache: Secrets, which are not cached, and Tenants and Ingresses where a stale read would do harm.
	Live client.Reader
	// Recorder records events.
	Recorder events.EventRecorder
	// Stores holds the connections to the Platforms' databases.
	Stores *connections.Stores
	// Prober checks that the backend serves a Tenant.
	Prober *probe.Prober
	// Lookups looks up the records that prove custom domains.
	Lookups *lookups.Lookups
	// Routes asks the ingress controller whether it routes to a Tenant.
	Routes *routes.Checks
	// Clock tells the time.
	Clock clock.PassiveClock
	// Requeuer carries requests to reconcile Tenants. It is shared with the controller of Platforms.
	Requeuer *requeue.Requeuer
	// Workers is how many Tenants are reconciled at once. Defaults to 16.
	Workers int
	// MaxBackoff bounds the delay before a transient failure is retried. Defaults to 30 s.
	MaxBackoff time.Duration

	ingresses ingress.Applier
	status    status.Writer
	// syncedPlatformGeneration holds, by the Tenant's key, the generation of the Platform in the Tenant's last complete
	// reconcile. It is empty after a restart.
	syncedPlatformGeneration sync.Map
}

// SetupWithManager adds the controller to the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.ingresses = ingress.Applier{Client: r.Client, Live: r.Live}
	r.status = status.Writer{Client: r.Client, Recorder: r.Recorder}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Tenant{}, builder.WithPredicates(predicate.Or[client.Object](requeue.ObjectChanged, authoredChanged))).
		Watches(&networkingv1.Ingress{}, ingress.RequeueOwner(mgr.GetCache(), routing.TenantOf, &v1alpha1.Tenant{}), builder.WithPredicates(requeue.IngressChanged)).
		Watches(&v1alpha1.Platform{}, handler.EnqueueRequestsFromMapFunc(r.tenantsOf), builder.WithPredicates(platformChanged)).
		WatchesRawSource(r.Requeuer.Source()).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: cmp.Or(r.Workers, defaultWorkers),
			RateLimiter:             requeue.Backoff(r.MaxBackoff),
		}).
		Complete(r)
}

// Reconcile reconciles one Tenant with its spec. If nothing differs, it costs one query, or none after a start, and no write.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	tenant := &v1alpha1.Tenant{}
	if err := r.Client.Get(ctx, request.NamespacedName, tenant); apierrors.IsNotFound(err) {
		r.forget(request.NamespacedName)
		return r.deleteLeftover(ctx, request.NamespacedName)
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("read Tenant %s: %w", request.Name, err)
	}
	reconcileTenant := r.reconcileLive
	if !tenant.DeletionTimestamp.IsZero() {
		reconcileTenant = r.reconcileDelete
		r.Lookups.Forget(request.NamespacedName)
		r.Routes.Forget(request.NamespacedName)
	}
	return requeue.OnConflict(reconcileTenant(ctx, tenant))
}

// forget removes what is known of a Tenant that is gone.
func (r *Reconciler) forget(gone types.NamespacedName) {
	if _, known := r.syncedPlatformGeneration.LoadAndDelete(gone); known {
		reconciled.Dec()
	}
	r.Requeuer.TakeInspection(gone)
	r.Requeuer.TakeProbe(gone)
	r.Lookups.Forget(gone)
	r.Routes.Forget(gone)
}

// reconcileLive reconciles a Tenant that is not being deleted.
func (r *Reconciler) reconcileLive(ctx context.Context, tenant *v1alpha1.Tenant) (reconcile.Result, error) {
	added, err := finalizer.Ensure(ctx, r.Client, tenant)
	if err != nil {
		return reconcile.Result{}, err
	}
	s := newScope(tenant, r.Clock.Now())
	s.isNewest = added
	before := tenant.DeepCopy()
	stopped, err := r.serve(ctx, s)
	if stopped == nil && err == nil {
		if _, known := r.syncedPlatformGeneration.Swap(client.ObjectKeyFromObject(tenant), s.platform.Generation); !known {
			reconciled.Inc()
		}
	}
	if finishErr := r.finish(ctx, s, before, stopped, err); finishErr != nil {
		return reconcile.Result{}, finishErr
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	if stopped == nil {
		stopped = s.Degraded()
	}
	return step.Result(ctx, stopped, s.wait())
}

// serve runs the steps that serve a Tenant.
func (r *Reconciler) serve(ctx context.Context, s *scope) (*step.Error, error) {
	stopped, err := step.Run(ctx, s,
		r.resolvePlatform,
		r.ensureDatabase,
		r.ensureRoute,
		r.ensureActive,
		r.probeServing,
		r.checkRoute,
		r.checkAnnotations,
	)
	if s.row.State == tenancy.StateLive { // the row is in effect, whatever is wrong with the rest
		if stopped != nil {
			_ = r.ensureActive(ctx, s)
		}
		notKept, keepErr := step.Run(ctx, s, r.keepObject)
		if stopped == nil && err == nil {
			stopped, err = notKept, keepErr
		}
	}
	return stopped, err
}

// isDrift reports whether a difference from the Tenant's spec is drift: neither the Tenant nor its Platform has changed
// since the last complete reconcile.
func (r *Reconciler) isDrift(s *scope) bool {
	generation, known := r.syncedPlatformGeneration.Load(client.ObjectKeyFromObject(s.tenant))
	return s.tenant.Status.ObservedGeneration == s.tenant.Generation && (!known || generation == s.platform.Generation)
}

// finish writes the status after the steps, unless they ended with stepErr, an error of the API server. If a schema was
// created and no write has confirmed that the Tenant still exists, it cleans up after a Tenant that was deleted meanwhile.
func (r *Reconciler) finish(ctx context.Context, s *scope, before *v1alpha1.Tenant, stopped *step.Error, stepErr error) error {
	written, err := false, stepErr
	if err == nil {
		written, err = r.writeStatus(ctx, s, before, stopped)
	}
	if s.schemaCreated && !written {
		return r.endIfDeleted(ctx, s, err)
	}
	return client.IgnoreNotFound(err)
}

// writeStatus writes the status if it has changed, and reports whether it did.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope, before *v1alpha1.Tenant, stopped *step.Error) (bool, error) {
	if stopped != nil && stopped.SkipsStatus() {
		return false, nil
	}
	s.updateStatus(stopped)
	written, err := r.status.Patch(ctx, before, s.tenant, "phase", s.tenant.Status.Phase)
	if written && meta.IsStatusConditionTrue(s.tenant.Status.Conditions, v1alpha1.ConditionReady) && slices.Contains(phasesBeforeReady, before.Status.Phase) {
		timeToReady.Observe(r.Clock.Now().Sub(s.tenant.CreationTimestamp.Time).Seconds())
	}
	if written {
		r.recordActiveTransition(before, s.tenant)
	}
	return written, err
}

// recordActiveTransition records why a Tenant is suspended, will be, or is not any more.
func (r *Reconciler) recordActiveTransition(before, after *v1alpha1.Tenant) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionActive)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionActive)
	if was == nil || is == nil || was.Reason == is.Reason {
		return
	}
	kind := corev1.EventTypeNormal
	if is.Status == metav1.ConditionFalse {
		kind = corev1.EventTypeWarning
	}
	r.recordEvent(after, kind, is.Reason, "Reconcile", is.Message)
}

// recordEvent records an event about a Tenant.
func (r *Reconciler) recordEvent(about runtime.Object, kind, reason, action, note string) {
	r.Recorder.Eventf(about, nil, kind, reason, action, "%s", note)
}
