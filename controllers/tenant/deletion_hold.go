package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// decideDeletion ends the Tenant, holds its deletion, or keeps all but the object, as its annotation and the deletion brake say.
//
// Sets Ready=False with DeletionHeld, and DatabaseReady=False with AnnotationInvalid.
func (r *Reconciler) decideDeletion(ctx context.Context, s *scope) error {
	switch value, found := s.tenant.Annotations[v1alpha1.AnnotationDeletion]; {
	case value == v1alpha1.DeletionApproved:
		return r.end(ctx, s, true)
	case value == v1alpha1.DeletionCancelled:
		return r.keep(ctx, s)
	case found:
		return annotationInvalid(v1alpha1.AnnotationDeletion, value, "it is neither "+v1alpha1.DeletionApproved+" nor "+v1alpha1.DeletionCancelled)
	}
	return r.end(ctx, s, false)
}

// isNew reports whether the Tenant was never served and its row and schema were created for it: nobody can miss it. A Tenant that
// has taken over an older row, such as in another cluster, or a schema, may have been served long before.
func (s *scope) isNew(row tenancy.Tenant) bool {
	_, adopted := s.tenant.Annotations[v1alpha1.AnnotationAdoptSchema]
	served := s.tenant.Status.FirstServedAt != nil || meta.IsStatusConditionTrue(s.tenant.Status.Conditions, v1alpha1.ConditionServing)
	return !served && !adopted && !row.CreatedAt.Before(s.tenant.CreationTimestamp.Time)
}

// brake returns what bounds deletions on the Tenant's Platform, whose status counts the Tenants every few seconds.
func (s *scope) brake() *tenancy.Brake {
	brake := &tenancy.Brake{PerHour: s.platform.MaxDeletionsPerHour()}
	if counts := s.platform.Status.Tenants; counts != nil {
		brake.Live = int(counts.Total)
	}
	return brake
}

// endError turns an error of the store into the error of a step, and records in status that the brake holds the deletion: it
// stays held when the hour is over.
func (s *scope) endError(err error) error {
	var held *tenancy.HeldError
	if !errors.As(err, &held) {
		return s.databaseError(err)
	}
	s.tenant.Status.DeletionHold = &v1alpha1.DeletionHold{Limit: int32(held.Limit)}
	return deletionHeld(int32(held.Limit))
}

func deletionHeld(limit int32) *step.Error {
	return step.Stalled("", v1alpha1.ReasonDeletionHeld,
		fmt.Sprintf("The Tenant is being deleted and is still served, because more than %d were deleted within an hour.", limit))
}

// serveHeld reconciles a Tenant whose deletion is held like any other; stopped says why it has not ended. It returns what decides
// when to reconcile again: the problem of a step, or else stopped.
func (r *Reconciler) serveHeld(ctx context.Context, s *scope, stopped *step.Error) (*step.Error, error) {
	if s.tenant.Status.DeletionHold == nil || stopped.SkipsStatus() {
		return stopped, nil
	}
	problem, err := r.serve(ctx, s)
	if problem == nil {
		problem = s.Degraded()
	} else if !problem.SkipsStatus() {
		s.Degrade(problem)
	}
	return cmp.Or(problem, stopped), err
}

// keep marks the Tenant's row as kept, so that it is no orphan until the Tenant is created again. The route stays.
func (r *Reconciler) keep(ctx context.Context, s *scope) error {
	row, err := r.readLiveRow(ctx, s)
	if err != nil || row == nil || !isOwnRow(s.tenant, *row) {
		return err
	}
	if err := r.ensureDecision(ctx, s.tenant); err != nil {
		return err
	}
	if err := s.store.Keep(ctx, *row, s.now); err != nil {
		return s.databaseError(err)
	}
	r.recordEvent(s.tenant, corev1.EventTypeNormal, v1alpha1.ReasonDeletionCancelled, "Keep", "The deletion was cancelled: all that belongs to the Tenant is kept.")
	return nil
}

// ensureNotEnded stops the reconcile of a Tenant that is being deleted if it has no row: another operator has ended it.
func (s *scope) ensureNotEnded(row tenancy.Tenant) error {
	if !s.tenant.DeletionTimestamp.IsZero() && row.State != tenancy.StateLive {
		return step.SkipStatus(requeue.ConflictRetry)
	}
	return nil
}
