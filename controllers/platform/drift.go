package platform

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// driftChecks remembers when each Platform was last checked for drift.
type driftChecks struct {
	mu   sync.Mutex
	last map[types.NamespacedName]time.Time
}

// due reports whether a check is due. If so, it records the check as done. The first one is due a minute after the start, at
// which every Tenant is reconciled anyway.
func (c *driftChecks) due(platform types.NamespacedName, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, checked := c.last[platform]
	if checked && now.Sub(last).Abs() < checkInterval {
		return false
	}
	if c.last == nil {
		c.last = map[types.NamespacedName]time.Time{}
	}
	c.last[platform] = now
	return checked
}

// repeat makes the next check due at once, because what the last one found was not written.
func (c *driftChecks) repeat(platform types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, checked := c.last[platform]; checked {
		c.last[platform] = time.Time{}
	}
}

func (c *driftChecks) forget(platform types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, platform)
}

// requeueDrifted compares, once a minute, all rows and schemas with all Tenants, and requeues the Tenants that differ or are
// not Ready. It costs one query per thousand tenants. Orphaned rows are counted, never dropped.
func (r *Reconciler) requeueDrifted(ctx context.Context, s *scope) error {
	key := client.ObjectKeyFromObject(s.platform)
	if !r.drift.due(key, s.now) {
		return nil
	}
	tenants, err := r.listTenants(ctx, s.platform)
	if err != nil {
		return err
	}
	store := r.Stores.Prepared(key)
	rows, err := diagnosis.ReadRows(ctx, store.Inspector())
	if err != nil {
		return databaseUnavailable(err)
	}
	differing := r.requeueStalePhases(tenants, rows, s.now)
	var orphans []tenancy.Tenant
	for _, finding := range diagnosis.CompareRows(s.platform, r.Stores.Application, tenants, rows, s.now) {
		if finding.Kind == diagnosis.KindRow {
			orphans = append(orphans, rows[finding.Name])
			continue
		}
		if finding.Problem == diagnosis.ProblemHeld {
			continue
		}
		differing++
		r.Requeuer.RequeueForInspection(types.NamespacedName{Namespace: key.Namespace, Name: finding.Name})
	}
	if differing > 0 || len(orphans) > 0 {
		logf.FromContext(ctx).Info("Found drift", "tenants", len(tenants), "differing", differing, "orphanRows", len(orphans))
	}
	if err := r.requeueLeftovers(ctx, s.platform, tenants, rows); err != nil {
		return err
	}
	return r.handleOrphans(ctx, s, store, orphans, len(rows))
}

// requeueLeftovers requeues the Tenants that are gone, and whose rows are, but whose Ingresses are still there.
func (r *Reconciler) requeueLeftovers(ctx context.Context, platform *v1alpha1.Platform, tenants []v1alpha1.Tenant, rows map[string]tenancy.Tenant) error {
	ingresses, err := r.tenantIngresses(ctx, platform)
	if err != nil {
		return err
	}
	exists := make(map[string]bool, len(tenants))
	for i := range tenants {
		exists[tenants[i].Name] = true
	}
	for name := range ingresses {
		tenant, isTenants := routing.TenantOf(name)
		if _, live := rows[tenant]; isTenants && !live && !exists[tenant] {
			r.Requeuer.Requeue(types.NamespacedName{Namespace: platform.Namespace, Name: tenant})
		}
	}
	return nil
}

// requeueStalePhases requeues the Tenants whose condition Active does not match their dates, and returns their number.
// Each Tenant waits for its next date by itself; this finds those that a change of the clock has moved past one.
func (r *Reconciler) requeueStalePhases(tenants []v1alpha1.Tenant, rows map[string]tenancy.Tenant, now time.Time) (stale int) {
	for i := range tenants {
		tenant := &tenants[i]
		row, found := rows[tenant.Name]
		active := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionActive)
		if found && active != nil && active.Reason != desired.ActiveReason(row, now) {
			stale++
			r.Requeuer.Requeue(client.ObjectKeyFromObject(tenant))
		}
	}
	return stale
}
