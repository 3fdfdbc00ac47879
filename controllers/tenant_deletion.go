package controllers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// reconcileDelete ends a Tenant: the route, then the schema and the names, then the finalizer. Nothing is made again
// meanwhile. An object that never had a schema drops nothing.
func (r *TenantReconciler) reconcileDelete(ctx context.Context, tenant *v1alpha1.Tenant) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(tenant, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	scope := &tenantScope{tenant: tenant, now: r.Clock.Now()}
	before := tenant.DeepCopy()
	err := r.endTenant(ctx, scope)
	var stopped *halt
	switch {
	case errors.As(err, &stopped) && stopped.undecided:
		return scope.next(ctx, stopped)
	case stopped != nil:
		scope.updateStatus(stopped)
		if !equality.Semantic.DeepEqual(before.Status, tenant.Status) {
			if err := patchStatus(ctx, r.Client, tenant, before); client.IgnoreNotFound(err) != nil {
				return reconcile.Result{}, err
			}
			r.tellReady(ctx, before, tenant)
		}
		return scope.next(ctx, stopped)
	case err != nil:
		return reconcile.Result{}, err
	}
	if err := removeFinalizer(ctx, r.Client, tenant); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	logf.FromContext(ctx).Info("Deleted", "retained", tenant.Retained())
	r.wakeWaiting(ctx, tenant)
	return reconcile.Result{}, nil
}

// endIfDeleted ends a Tenant for which this reconcile has made something while another operator let it go: the finalizer
// is of no use between two that know nothing of each other. Otherwise it returns cause.
func (r *TenantReconciler) endIfDeleted(ctx context.Context, s *tenantScope, cause error) error {
	live, err := r.readLive(ctx, s.tenant)
	switch {
	case err != nil:
		return err
	case live == nil:
		if err := r.endTenant(ctx, s); err != nil {
			return err
		}
		r.wakeWaiting(ctx, s.tenant)
		return nil
	case live.UID == s.tenant.UID && !live.DeletionTimestamp.IsZero():
		_, err := r.reconcileDelete(ctx, live)
		return err
	}
	return client.IgnoreNotFound(cause)
}

func (r *TenantReconciler) endTenant(ctx context.Context, s *tenantScope) error {
	if err := r.routes.remove(ctx, s.tenant, routing.TenantIngressName(s.tenant.Name)); err != nil {
		return err
	}
	if err := r.resolvePlatform(ctx, s); err != nil {
		var stopped *halt
		if errors.As(err, &stopped) && stopped.reason == v1alpha1.ReasonPlatformNotFound && s.tenant.Status.SchemaName == "" {
			return nil // it never had a schema
		}
		return err
	}
	row, err := findRow(ctx, s)
	if err != nil {
		return s.databaseHalt(err)
	}
	if row.State != registry.Live {
		return nil
	}
	if err := r.ensureNotReplaced(ctx, s.tenant); err != nil {
		return err
	}
	if s.tenant.Retained() {
		purgeAt := s.now.AddDate(0, 0, s.platform.RetentionDays())
		said, err := json.Marshal(s.tenant.Spec)
		if err != nil {
			return fmt.Errorf("write down what Tenant %s says: %w", s.tenant.Name, err)
		}
		tombstone, err := s.store.Retain(ctx, row, said, s.now, purgeAt)
		if err != nil {
			return s.databaseHalt(err)
		}
		if tombstone != "" {
			r.event(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaRetained, "Retain",
				fmt.Sprintf("The schema %s is kept as %s until %s.", schemaName(s.tenant), tombstone, v1alpha1.NewDate(purgeAt)))
		}
		return nil
	}
	dropped, err := s.store.Drop(ctx, row, s.now)
	if err != nil {
		return s.databaseHalt(err)
	}
	if dropped {
		r.event(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonSchemaDropped, "Drop", fmt.Sprintf("The schema %s was dropped.", schemaName(s.tenant)))
	}
	return nil
}

// ensureNotReplaced ends the reconcile where another object has the name by now: the row that was just read is that one's
// then, by the word of another operator.
func (r *TenantReconciler) ensureNotReplaced(ctx context.Context, tenant *v1alpha1.Tenant) error {
	live, err := r.readLive(ctx, tenant)
	if err == nil && live != nil && live.UID != tenant.UID {
		err = &halt{undecided: true, retryAfter: conflictRetry}
	}
	return err
}
