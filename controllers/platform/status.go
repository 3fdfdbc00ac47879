package platform

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/finalizer"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

func (r *Reconciler) writeStatus(ctx context.Context, s *scope, before *v1alpha1.Platform, stopped *step.Error) error {
	if !s.platform.DeletionTimestamp.IsZero() && !finalizer.Has(s.platform) {
		return nil // deleted
	}
	if err := r.updateStatus(ctx, s, stopped); err != nil {
		return err
	}
	_, err := r.status.Patch(ctx, before, s.platform)
	return client.IgnoreNotFound(err)
}

// updateStatus computes the Platform's status from its conditions and its Tenants.
func (r *Reconciler) updateStatus(ctx context.Context, s *scope, stopped *step.Error) error {
	tenants, err := r.listTenants(ctx, s.platform)
	if err != nil {
		return err
	}
	phases := map[v1alpha1.TenantPhase]int32{}
	versions := map[string]int32{}
	var held []string
	for i := range tenants {
		phases[phaseOf(&tenants[i])]++
		if version := tenants[i].Status.SchemaVersion; version != "" {
			versions[version]++
		}
		if tenants[i].Status.DeletionHold != nil {
			held = append(held, tenants[i].Name)
		}
	}
	status := &s.platform.Status
	status.ObservedGeneration = s.platform.Generation
	status.Tenants = &v1alpha1.TenantCounts{
		Total: int32(len(tenants)), Pending: phases[v1alpha1.TenantPending], Provisioning: phases[v1alpha1.TenantProvisioning],
		Active: phases[v1alpha1.TenantActive], Grace: phases[v1alpha1.TenantGrace], Suspended: phases[v1alpha1.TenantSuspended],
		Terminating: phases[v1alpha1.TenantTerminating], Failed: phases[v1alpha1.TenantFailed],
	}
	status.Versions = nil
	for version, count := range versions {
		status.Versions = append(status.Versions, v1alpha1.VersionCount{Version: version, Tenants: count})
	}
	slices.SortFunc(status.Versions, func(a, b v1alpha1.VersionCount) int {
		return r.Stores.Application.Compare(b.Version, a.Version) // newest first
	})
	for _, phase := range v1alpha1.TenantPhases {
		tenantsByPhase.WithLabelValues(s.platform.Namespace, s.platform.Name, string(phase)).Set(float64(phases[phase]))
	}
	recordWaits(s, tenants)
	recordBackend(s)
	reportHeldDeletions(s, held)
	_ = s.Summarize(stopped, "The database and the route are ready.")
	return nil
}
