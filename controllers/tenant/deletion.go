package tenant

import (
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

// reconcileDelete ends a Tenant: first its route, then its schema and names, then the finalizer. It creates nothing.
func (r *Reconciler) reconcileDelete(ctx context.Context, tenant *v1alpha1.Tenant) (reconcile.Result, error) {
	if !finalizer.Has(tenant) {
		return reconcile.Result{}, nil
	}
	s := newScope(tenant, r.Clock.Now())
	before := tenant.DeepCopy()
	stopped, err := step.Run(ctx, s, r.endTenant)
	switch {
	case err != nil:
		return reconcile.Result{}, err
	case stopped != nil:
		if _, err := r.writeStatus(ctx, s, before, stopped); client.IgnoreNotFound(err) != nil {
			return reconcile.Result{}, err
		}
		return step.Result(ctx, stopped, 0)
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
	case live == nil:
		if err := r.endTenant(ctx, s); err != nil {
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

// endTenant deletes the Tenant's route and retains or drops its schema. An object that never had a schema drops nothing.
func (r *Reconciler) endTenant(ctx context.Context, s *scope) error {
	if err := r.ingresses.Delete(ctx, ingressKey(client.ObjectKeyFromObject(s.tenant))); err != nil {
		return err
	}
	s.Set(v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonTerminating, "The Tenant is being deleted.")
	s.Set(v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonTerminating, "The Tenant is being deleted.")
	if err := r.resolvePlatform(ctx, s); err != nil {
		var stopped *step.Error
		if errors.As(err, &stopped) && stopped.Reason() == v1alpha1.ReasonPlatformNotFound && s.tenant.Status.SchemaName == "" {
			return nil // it never had a schema
		}
		return err
	}
	row, err := readRow(ctx, s, s.store.Find)
	if err != nil {
		return s.databaseError(err)
	}
	if row.State != tenancy.StateLive || !isOwnRow(s.tenant, row) {
		return nil
	}
	if err := r.ensureNotReplaced(ctx, s.tenant); err != nil {
		return err
	}
	if s.tenant.Retained() {
		return r.retainSchema(ctx, s, row)
	}
	dropped, err := s.store.Drop(ctx, row, s.now)
	if err != nil {
		return s.databaseError(err)
	}
	if dropped {
		r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaDropped, "Drop", fmt.Sprintf("Dropped schema %s.", desired.SchemaName(s.tenant)))
	}
	return nil
}

// retainSchema turns the Tenant's schema into a tombstone.
func (r *Reconciler) retainSchema(ctx context.Context, s *scope, row tenancy.Tenant) error {
	purgeAt := s.now.AddDate(0, 0, s.platform.RetentionDays())
	deleted := tenancy.DeletedTenant{UID: string(s.tenant.UID), Owner: s.tenant.OwnerName()}
	if !desired.IsKept(s.tenant, row) {
		var err error
		if deleted.Object, err = r.readObject(ctx, s); err != nil {
			return err
		}
	}
	tombstone, err := s.store.Retain(ctx, row, deleted, s.now, purgeAt)
	if err != nil {
		return s.databaseError(err)
	}
	if tombstone != "" {
		r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaRetained, "Retain",
			fmt.Sprintf("Retained schema %s as %s until %s.", desired.SchemaName(s.tenant), tombstone, v1alpha1.NewDate(purgeAt)))
	}
	return nil
}

// ensureNotReplaced stops the reconcile if another object has the name by now: another operator has then created the row
// that was just read for that object.
func (r *Reconciler) ensureNotReplaced(ctx context.Context, tenant *v1alpha1.Tenant) error {
	live, err := r.readLive(ctx, tenant)
	if err == nil && live != nil && live.UID != tenant.UID {
		err = step.SkipStatus(requeue.ConflictRetry)
	}
	return err
}
