package controllers

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// set writes one of the Platform's conditions.
func (s *platformScope) set(kind string, status metav1.ConditionStatus, reason, message string) {
	setCondition(&s.platform.Status.Conditions, s.platform.Generation, kind, status, reason, message, s.now)
}

// degrade marks a layer while the steps after it go on. The first one is told.
func (s *platformScope) degrade(h *halt) {
	s.set(h.condition, metav1.ConditionFalse, h.reason, h.message)
	if s.degraded == nil {
		s.degraded = h
	}
}

// describePlatform computes the status of a Platform from its conditions and its Tenants.
func (r *PlatformReconciler) describePlatform(ctx context.Context, s *platformScope, stopped *halt) error {
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(s.platform.Namespace),
		client.MatchingFields{platformIndex: s.platform.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("list the Tenants of Platform %s: %w", s.platform.Name, err)
	}
	phases := map[v1alpha1.TenantPhase]int32{}
	versions := map[int32]int32{}
	for i := range tenants.Items {
		phase := tenants.Items[i].Status.Phase
		if phase == "" {
			phase = v1alpha1.TenantPending
		}
		phases[phase]++
		if version := tenants.Items[i].Status.SchemaVersion; version > 0 {
			versions[version]++
		}
	}
	status := &s.platform.Status
	status.ObservedGeneration = s.platform.Generation
	status.Tenants = &v1alpha1.TenantCounts{
		Total: int32(len(tenants.Items)), Pending: phases[v1alpha1.TenantPending], Provisioning: phases[v1alpha1.TenantProvisioning],
		Active: phases[v1alpha1.TenantActive], Grace: phases[v1alpha1.TenantGrace], Suspended: phases[v1alpha1.TenantSuspended],
		Terminating: phases[v1alpha1.TenantTerminating], Failed: phases[v1alpha1.TenantFailed],
	}
	status.Versions = nil
	for version, count := range versions {
		status.Versions = append(status.Versions, v1alpha1.VersionCount{Version: version, Tenants: count})
	}
	slices.SortFunc(status.Versions, func(a, b v1alpha1.VersionCount) int { return cmp.Compare(b.Version, a.Version) })
	for _, phase := range v1alpha1.TenantPhases {
		tenantsByPhase.WithLabelValues(s.platform.Namespace, s.platform.Name, string(phase)).Set(float64(phases[phase]))
	}
	if stopped != nil {
		s.set(stopped.condition, metav1.ConditionFalse, stopped.reason, stopped.message)
	}
	summarise(&status.Conditions, s.platform.Generation, platformLayers, stopped, "The database and the routes are ready.", s.now)
	return nil
}

// forgetMetrics removes the figures of a Platform that is gone.
func forgetMetrics(platform types.NamespacedName) {
	for _, phase := range v1alpha1.TenantPhases {
		tenantsByPhase.DeleteLabelValues(platform.Namespace, platform.Name, string(phase))
	}
	orphanRows.DeleteLabelValues(platform.Namespace, platform.Name)
}

// countLater has a Platform looked at when one of its Tenants has changed, but not at once: all changes of two seconds
// are one count and one write.
type countLater struct{}

type requestQueue = workqueue.TypedRateLimitingInterface[reconcile.Request]

func (countLater) Create(_ context.Context, e event.CreateEvent, q requestQueue) {
	addLater(e.Object, q)
}
func (countLater) Update(_ context.Context, e event.UpdateEvent, q requestQueue) {
	addLater(e.ObjectNew, q)
}
func (countLater) Delete(_ context.Context, e event.DeleteEvent, q requestQueue) {
	addLater(e.Object, q)
}
func (countLater) Generic(_ context.Context, e event.GenericEvent, q requestQueue) {
	addLater(e.Object, q)
}

func addLater(tenant client.Object, q requestQueue) {
	q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{
		Namespace: tenant.GetNamespace(), Name: tenant.(*v1alpha1.Tenant).PlatformName(),
	}}, statusInterval)
}
