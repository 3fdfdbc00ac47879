// Package controllers reconciles Tenants and Platforms: one file for each step. A step sets the conditions that its
// comment lists; one deferred patch writes status, and only when it has changed.
package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=tenants,verbs=get;list;watch;patch;update
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=tenants/status,verbs=patch
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=tenants/finalizers,verbs=update
// +kubebuilder:rbac:namespace=echoblogs,groups=networking.k8s.io,resources=ingresses,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:namespace=echoblogs,groups=core,resources=secrets,verbs=get
// +kubebuilder:rbac:namespace=echoblogs,groups=events.k8s.io,resources=events,verbs=create;patch

const (
	// firstBackoff and longestBackoff bound the wait before what failed for a passing reason is tried again.
	firstBackoff   = 100 * time.Millisecond
	longestBackoff = 30 * time.Second
	// defaultWorkers is how many Tenants are worked on at once.
	defaultWorkers = 16
	// longestWait bounds the wait for a date, so that a clock that was set is noticed.
	longestWait = time.Hour
	// conflictRetry is when a Tenant is looked at again that has changed meanwhile: the cache is some milliseconds behind.
	conflictRetry = 50 * time.Millisecond
	// secretRetry is how often a missing Secret is looked for: the operator may get Secrets by name, but not watch them.
	secretRetry = 5 * time.Second
)

// TenantReconciler brings Tenants to what their specs say.
type TenantReconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads past the cache: Secrets, which are not in it, and Tenants where it may be behind.
	Live client.Reader
	// Recorder writes events.
	Recorder events.EventRecorder
	// Databases holds the connections.
	Databases *Databases
	// Prober asks the backend.
	Prober *Prober
	// Clock tells the time.
	Clock clock.PassiveClock
	// Wake carries objects that somebody else wants looked at. It is shared with the PlatformReconciler.
	Wake *Wake
	// Workers is how many Tenants are worked on at once. Defaults to 16.
	Workers int
	// LongestBackoff bounds the wait before what failed for a passing reason is tried again. Defaults to 30 s.
	LongestBackoff time.Duration

	routes routes
	// settled holds for each Tenant, by its key, the generation of the Platform that it was brought in line with last. It
	// is empty after a restart.
	settled sync.Map
}

// SetupWithManager starts the controller with the manager.
func (r *TenantReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.routes = routes{client: r.Client, secrets: r.Live}
	for index, value := range map[string]client.IndexerFunc{platformIndex: platformOf, waitingIndex: platformOfWaiting} {
		if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.Tenant{}, index, value); err != nil {
			return fmt.Errorf("index Tenants by Platform: %w", err)
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Tenant{}, builder.WithPredicates(specOrAnnotations)).
		Owns(&networkingv1.Ingress{}, builder.WithPredicates(ingressEdited)).
		Watches(&v1alpha1.Platform{}, handler.EnqueueRequestsFromMapFunc(r.tenantsOf), builder.WithPredicates(platformMatters)).
		WatchesRawSource(source.Channel(r.Wake.tenants, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: cmp.Or(r.Workers, defaultWorkers),
			RateLimiter:             backoff(r.LongestBackoff),
		}).
		Complete(r)
}

// backoff makes each object wait twice as long after each failure, up to longest. 0 stands for longestBackoff.
func backoff(longest time.Duration) workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstBackoff, cmp.Or(longest, longestBackoff))
}

// Reconcile brings one Tenant to what its spec says. With nothing to do it is one query and no write.
func (r *TenantReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	result, err := r.reconcile(ctx, request)
	if apierrors.IsConflict(err) {
		return reconcile.Result{RequeueAfter: conflictRetry}, nil
	}
	return result, err
}

// reconcile does the steps.
func (r *TenantReconciler) reconcile(ctx context.Context, request reconcile.Request) (result reconcile.Result, err error) {
	tenant := &v1alpha1.Tenant{}
	if err := r.Client.Get(ctx, request.NamespacedName, tenant); err != nil {
		if apierrors.IsNotFound(err) {
			r.settled.Delete(request.NamespacedName)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !tenant.DeletionTimestamp.IsZero() {
		return r.reconcileDelete(ctx, tenant)
	}
	if controllerutil.AddFinalizer(tenant, v1alpha1.Finalizer) {
		if err := addFinalizer(ctx, r.Client, tenant); err != nil {
			return reconcile.Result{}, err
		}
	}
	scope := &tenantScope{tenant: tenant, now: r.Clock.Now()}
	before := tenant.DeepCopy()
	defer func() {
		if patchErr := r.finish(ctx, scope, before, err); patchErr != nil {
			err = patchErr
		}
		result, err = scope.next(ctx, err)
	}()
	for _, step := range []func(context.Context, *tenantScope) error{
		r.resolvePlatform,
		r.ensureDatabase,
		r.ensureRoute,
		r.ensureActive,
		r.probe,
	} {
		if err := step(ctx, scope); err != nil {
			return reconcile.Result{}, err
		}
	}
	r.settled.Store(request.NamespacedName, scope.platform.Generation)
	return reconcile.Result{}, nil
}

// isDrift reports whether what differs from the Tenant's spec does so although neither the Tenant nor its Platform has
// changed since all was in line.
func (r *TenantReconciler) isDrift(s *tenantScope) bool {
	generation, known := r.settled.Load(client.ObjectKeyFromObject(s.tenant))
	return s.tenant.Status.ObservedGeneration == s.tenant.Generation && (!known || generation == s.platform.Generation)
}

// finish writes the status and tells what happened. Where that does not show that the Tenant is still there, it is
// looked for before what was made for it is left to itself.
func (r *TenantReconciler) finish(ctx context.Context, s *tenantScope, before *v1alpha1.Tenant, stepErr error) error {
	written, err := r.writeStatus(ctx, s, before, stepErr)
	if s.made && !written {
		return r.endIfDeleted(ctx, s, err)
	}
	return client.IgnoreNotFound(err)
}

// writeStatus reports whether there was something to write, and it is written.
func (r *TenantReconciler) writeStatus(ctx context.Context, s *tenantScope, before *v1alpha1.Tenant, stepErr error) (bool, error) {
	var stopped *halt
	if stepErr != nil && !errors.As(stepErr, &stopped) {
		return false, stepErr // the API server failed; there is nothing to be written now
	}
	if stopped != nil && stopped.undecided {
		return false, nil
	}
	s.updateStatus(stopped)
	if equality.Semantic.DeepEqual(before.Status, s.tenant.Status) {
		return false, nil
	}
	if err := patchStatus(ctx, r.Client, s.tenant, before); err != nil {
		return false, err
	}
	r.tellReady(ctx, before, s.tenant)
	return true, nil
}

// next says when to look again. A passing failure goes to the queue's backoff.
func (s *tenantScope) next(ctx context.Context, stepErr error) (reconcile.Result, error) {
	var stopped *halt
	switch {
	case errors.As(stepErr, &stopped):
	case stepErr != nil:
		return reconcile.Result{}, stepErr
	default:
		stopped = s.degraded
	}
	if stopped != nil && stopped.cause != nil {
		logf.FromContext(ctx).V(1).Info("Tries again", "reason", stopped.reason)
		return reconcile.Result{}, stopped
	}
	var wait time.Duration
	if !s.nextDate.IsZero() {
		wait = min(max(s.nextDate.Sub(s.now), time.Second), longestWait)
	}
	if stopped != nil && stopped.retryAfter > 0 && (wait == 0 || stopped.retryAfter < wait) {
		wait = stopped.retryAfter
	}
	return reconcile.Result{RequeueAfter: wait}, nil
}

// tellReady writes the one event and the one log line that tell how a Tenant's state has changed.
func (r *TenantReconciler) tellReady(ctx context.Context, before, after *v1alpha1.Tenant) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if was != nil && was.Status == is.Status && was.Reason == is.Reason && was.Message == is.Message {
		return
	}
	logf.FromContext(ctx).Info("Reconciled", "ready", is.Status, "reason", is.Reason, "message", is.Message, "phase", after.Status.Phase)
	tellCondition(r.Recorder, after, is)
	if is.Status == metav1.ConditionTrue && slices.Contains([]v1alpha1.TenantPhase{"", v1alpha1.TenantPending, v1alpha1.TenantProvisioning}, before.Status.Phase) {
		timeToReady.Observe(r.Clock.Now().Sub(after.CreationTimestamp.Time).Seconds())
	}
}
