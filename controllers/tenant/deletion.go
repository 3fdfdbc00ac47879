package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/finalizer"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// reconcileDelete ends a Tenant: first its schema and names, then its route, then the finalizer. It creates nothing. Until the
// database says that the Tenant has ended, it is served.
func (r *Reconciler) reconcileDelete(ctx context.Context, tenant *v1alpha1.Tenant) (reconcile.Result, error) {
	if !finalizer.Has(tenant) {
		return reconcile.Result{}, nil
	}
	s := newScope(tenant, r.Clock.Now())
	before := tenant.DeepCopy()
	stopped, err := step.Run(ctx, s, r.decideDeletion)
	switch {
	case err != nil:
		return reconcile.Result{}, err
	case stopped != nil:
		problem, err := r.serveHeld(ctx, s, stopped)
		if err != nil {
			return reconcile.Result{}, err
		}
		if _, err := r.writeStatus(ctx, s, before, stopped); client.IgnoreNotFound(err) != nil {
			return reconcile.Result{}, err
		}
		return step.Result(ctx, problem, s.wait())
	}
	if err := finalizer.Remove(ctx, r.Client, tenant); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	logf.FromContext(ctx).Info("Deleted", "retained", tenant.Retained())
	r.requeueNameConflicts(ctx, tenant)
	return reconcile.Result{}, nil
}

// endIfDeleted cleans up if another operator has deleted the Tenant while this reconcile created its schema: without leader
// election, the finalizer does not prevent that. Otherwise it returns cause.
func (r *Reconciler) endIfDeleted(ctx context.Context, s *scope, cause error) error {
	live, err := r.readLive(ctx, s.tenant)
	switch {
	case err != nil:
		return err
	case live == nil, isEnded(live) && live.UID == s.tenant.UID:
		if err := r.end(ctx, s, true); err != nil { // the other operator has passed the brake
			return err
		}
		r.requeueNameConflicts(ctx, s.tenant)
		return nil
	case live.UID == s.tenant.UID && !live.DeletionTimestamp.IsZero():
		_, err := r.reconcileDelete(ctx, live)
		return err
	}
	return client.IgnoreNotFound(cause)
}

// isEnded reports whether an operator has ended a Tenant that still exists, such as while it is deleted in the foreground.
func isEnded(t *v1alpha1.Tenant) bool { return !t.DeletionTimestamp.IsZero() && !finalizer.Has(t) }

// end retains or drops the Tenant's schema, unless the deletion is not approved and the brake holds it, and then deletes its
// route. An object that never had a schema drops nothing.
func (r *Reconciler) end(ctx context.Context, s *scope, approved bool) error {
	row, err := r.readLiveRow(ctx, s)
	if err != nil {
		return err
	}
	var brake *tenancy.Brake
	if row != nil && !approved && !s.isNew(*row) {
		if hold := s.tenant.Status.DeletionHold; hold != nil && s.platform.MaxDeletionsPerHour() <= int(hold.Limit) {
			return deletionHeld(hold.Limit)
		}
		brake = s.brake()
	}
	switch err := r.ensureDecision(ctx, s.tenant); {
	case err != nil:
		return err
	case row == nil:
		return r.endRoute(ctx, s)
	case !isOwnRow(s.tenant, *row): // nor is the route
		return nil
	}
	err = r.endRow(ctx, s, *row, brake)
	var stopped *step.Error
	if errors.As(err, &stopped) && stopped.Reason() == v1alpha1.ReasonSchemaNotOwned { // the brake has let it pass
		return cmp.Or(r.endRoute(ctx, s), err)
	}
	if err != nil {
		return err
	}
	return r.endRoute(ctx, s)
}

// endRoute deletes the Tenant's route.
func (r *Reconciler) endRoute(ctx context.Context, s *scope) error {
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonTerminating, "The Tenant is being deleted.")
	s.Set(v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonTerminating, "The Tenant is being deleted.")
	if err := r.ingresses.Delete(ctx, ingressKey(client.ObjectKeyFromObject(s.tenant))); err != nil {
		return step.Transient(v1alpha1.ConditionRouteReady, v1alpha1.ReasonIngressRejected, "The Ingress could not be deleted.", err)
	}
	return nil
}

// readLiveRow returns the live row of the name of a Tenant that is being deleted, or nil if there is none. It may belong to
// another Tenant.
func (r *Reconciler) readLiveRow(ctx context.Context, s *scope) (*tenancy.Tenant, error) {
	if err := r.resolvePlatform(ctx, s); err != nil {
		var stopped *step.Error
		if errors.As(err, &stopped) && stopped.Reason() == v1alpha1.ReasonPlatformNotFound && s.tenant.Status.SchemaName == "" {
			return nil, nil // it never had a schema
		}
		return nil, err
	}
	row, err := readRow(ctx, s, s.store.Find)
	if err != nil {
		return nil, s.databaseError(err)
	}
	if row.State != tenancy.StateLive {
		return nil, nil
	}
	return &row, nil
}

// endRow ends a live row.
func (r *Reconciler) endRow(ctx context.Context, s *scope, row tenancy.Tenant, brake *tenancy.Brake) error {
	if s.tenant.Retained() {
		return r.retainSchema(ctx, s, row, brake)
	}
	dropped, err := s.store.Drop(ctx, row, brake, s.now)
	if err != nil {
		return s.endError(err)
	}
	if dropped {
		r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaDropped, "Drop", fmt.Sprintf("Dropped schema %s.", desired.SchemaName(s.tenant)))
	}
	return nil
}

// retainSchema turns the Tenant's schema into a tombstone.
func (r *Reconciler) retainSchema(ctx context.Context, s *scope, row tenancy.Tenant, brake *tenancy.Brake) error {
	purgeAt := s.now.AddDate(0, 0, s.platform.RetentionDays())
	deleted := tenancy.DeletedTenant{UID: string(s.tenant.UID), Owner: s.tenant.OwnerName()}
	if !desired.IsKept(s.tenant, row) {
		var err error
		if deleted.Object, err = r.readObject(ctx, s); err != nil {
			return err
		}
	}
	tombstone, err := s.store.Retain(ctx, row, deleted, brake, s.now, purgeAt)
	if err != nil {
		return s.endError(err)
	}
	if tombstone != "" {
		r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaRetained, "Retain",
			fmt.Sprintf("Retained schema %s as %s until %s.", desired.SchemaName(s.tenant), tombstone, v1alpha1.NewDate(purgeAt)))
	}
	return nil
}

// ensureDecision stops the reconcile if the cache lags behind a decision about the deletion, or another object has the name by
// now: another operator has then created the row, or the route, for that object.
func (r *Reconciler) ensureDecision(ctx context.Context, tenant *v1alpha1.Tenant) error {
	live, err := r.readLive(ctx, tenant)
	if err == nil && live != nil && (live.UID != tenant.UID || live.Annotations[v1alpha1.AnnotationDeletion] != tenant.Annotations[v1alpha1.AnnotationDeletion]) {
		err = step.SkipStatus(requeue.ConflictRetry)
	}
	return err
}
