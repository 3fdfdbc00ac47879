package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=platforms,verbs=get;list;watch;patch;update
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=platforms/status,verbs=patch
// +kubebuilder:rbac:namespace=echoblogs,groups=tenancy.echoblogs.io,resources=platforms/finalizers,verbs=update

const (
	// checkInterval is how often the whole fleet is compared with the registry.
	checkInterval = time.Minute
	// statusInterval is the least time between two counts of the Tenants.
	statusInterval = 2 * time.Second
)

// PlatformReconciler keeps a Platform's database, its own Ingress and its status, and looks after its fleet.
type PlatformReconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Secrets reads Secrets, past the cache.
	Secrets client.Reader
	// Recorder writes events.
	Recorder events.EventRecorder
	// Databases holds the connections.
	Databases *Databases
	// Clock tells the time.
	Clock clock.PassiveClock
	// Wake carries Tenants that differ from the registry. It is shared with the TenantReconciler.
	Wake *Wake
	// LongestBackoff bounds the wait before what failed for a passing reason is tried again. Defaults to 30 s.
	LongestBackoff time.Duration

	routes routes
	checks fleetChecks
}

// platformLayers are the conditions that have to be True for a Platform to be Ready.
var platformLayers = []string{v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionRouteReady}

// platformScope carries what one reconcile of a Platform has read.
type platformScope struct {
	platform *v1alpha1.Platform
	now      time.Time
	// degraded is a layer that is not as it should be while the steps after it go on.
	degraded *halt
}

// SetupWithManager starts the controller with the manager.
func (r *PlatformReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.routes = routes{client: r.Client, secrets: r.Secrets}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Platform{}, builder.WithPredicates(specOrAnnotations)).
		Owns(&networkingv1.Ingress{}, builder.WithPredicates(ingressEdited)).
		Watches(&v1alpha1.Tenant{}, countLater{}).
		WithOptions(controller.Options{RateLimiter: backoff(r.LongestBackoff)}).
		Complete(r)
}

// Reconcile does the steps for one Platform.
func (r *PlatformReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	platform := &v1alpha1.Platform{}
	if err := r.Client.Get(ctx, request.NamespacedName, platform); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	scope := &platformScope{platform: platform, now: r.Clock.Now()}
	before := platform.DeepCopy()
	steps := []func(context.Context, *platformScope) error{r.ensurePlatformDatabase, r.ensurePlatformRoute, r.purge, r.checkFleet}
	if !platform.DeletionTimestamp.IsZero() {
		steps = []func(context.Context, *platformScope) error{r.endPlatform}
	} else if controllerutil.AddFinalizer(platform, v1alpha1.Finalizer) {
		if err := addFinalizer(ctx, r.Client, platform); err != nil {
			return reconcile.Result{}, err
		}
		before = platform.DeepCopy()
	}
	stopped, err := firstHalt(ctx, scope, steps)
	if err != nil {
		return reconcile.Result{}, err
	}
	if err := r.writeStatus(ctx, scope, before, stopped); err != nil {
		return reconcile.Result{}, err
	}
	if stopped != nil && stopped.cause != nil {
		return reconcile.Result{}, stopped
	}
	if stopped != nil && stopped.retryAfter > 0 {
		return reconcile.Result{RequeueAfter: min(stopped.retryAfter, checkInterval)}, nil
	}
	return reconcile.Result{RequeueAfter: checkInterval}, nil
}

// firstHalt runs the steps to the first one that cannot go on. An error is one that no condition tells of.
func firstHalt(ctx context.Context, s *platformScope, steps []func(context.Context, *platformScope) error) (*halt, error) {
	for _, step := range steps {
		err := step(ctx, s)
		var stopped *halt
		if errors.As(err, &stopped) {
			return stopped, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return s.degraded, nil
}

// endPlatform waits for the Platform's Tenants, and lets it go.
func (r *PlatformReconciler) endPlatform(ctx context.Context, s *platformScope) error {
	if !controllerutil.ContainsFinalizer(s.platform, v1alpha1.Finalizer) {
		return nil
	}
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(s.platform.Namespace), client.MatchingFields{platformIndex: s.platform.Name})
	if err != nil {
		return fmt.Errorf("list the Tenants of Platform %s: %w", s.platform.Name, err)
	}
	if n := len(tenants.Items); n > 0 {
		// Their schemas are still to be dropped or kept, for which the database has to be open.
		if err := r.ensurePlatformDatabase(ctx, s); err != nil {
			return err
		}
		return &halt{
			condition: v1alpha1.ConditionRouteReady, reason: v1alpha1.ReasonTenantsRemain, retryAfter: statusInterval,
			message: fmt.Sprintf("Waits for its %d Tenants to be deleted.", n),
		}
	}
	key := client.ObjectKeyFromObject(s.platform)
	if store := r.Databases.Prepared(key); store != nil {
		if err := uninstall(ctx, store, key); err != nil {
			logf.FromContext(ctx).Error(err, "Forgetting the Platform in its database")
		}
	}
	r.Databases.close(key)
	r.checks.forget(key)
	forgetMetrics(key)
	return removeFinalizer(ctx, r.Client, s.platform)
}

func (r *PlatformReconciler) writeStatus(ctx context.Context, s *platformScope, before *v1alpha1.Platform, stopped *halt) error {
	if !s.platform.DeletionTimestamp.IsZero() && !controllerutil.ContainsFinalizer(s.platform, v1alpha1.Finalizer) {
		return nil // it is gone
	}
	if err := r.describePlatform(ctx, s, stopped); err != nil {
		return err
	}
	if equality.Semantic.DeepEqual(before.Status, s.platform.Status) {
		return nil
	}
	if err := patchStatus(ctx, r.Client, s.platform, before); err != nil {
		return client.IgnoreNotFound(err)
	}
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(s.platform.Status.Conditions, v1alpha1.ConditionReady)
	if was == nil || was.Status != is.Status || was.Reason != is.Reason || was.Message != is.Message {
		logf.FromContext(ctx).Info("Reconciled", "ready", is.Status, "reason", is.Reason, "message", is.Message)
		tellCondition(r.Recorder, s.platform, is)
	}
	return nil
}

func keyOf(p *v1alpha1.Platform) types.NamespacedName { return client.ObjectKeyFromObject(p) }
