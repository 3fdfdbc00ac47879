package controllers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// fleetPage is how many rows one query of the fleet's check reads.
const fleetPage = 1000

// fleetChecks remembers when the fleet of each Platform was checked.
type fleetChecks struct {
	mu   sync.Mutex
	last map[types.NamespacedName]time.Time
}

// due reports whether a check is due, and counts it as done.
func (c *fleetChecks) due(platform types.NamespacedName, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, ok := c.last[platform]; ok && now.Sub(last).Abs() < checkInterval {
		return false
	}
	if c.last == nil {
		c.last = map[types.NamespacedName]time.Time{}
	}
	c.last[platform] = now
	return true
}

func (c *fleetChecks) forget(platform types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, platform)
}

// checkFleet compares, once a minute, all rows with all Tenants, and has those looked at that differ, are not Ready, or
// have come to one of their dates. It is one query for each thousand tenants. Rows without a Tenant are counted, and
// never dropped.
func (r *PlatformReconciler) checkFleet(ctx context.Context, s *platformScope) error {
	key := keyOf(s.platform)
	if !r.checks.due(key, s.now) {
		return nil
	}
	var tenants v1alpha1.TenantList
	err := r.Client.List(ctx, &tenants, client.InNamespace(key.Namespace), client.MatchingFields{platformIndex: key.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("list the Tenants of Platform %s: %w", key.Name, err)
	}
	store := r.Databases.Prepared(key)
	rows, err := readFleet(ctx, store.Pool())
	if err != nil {
		return &halt{condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonDatabaseUnavailable, message: postgres.Explain(err), cause: err}
	}
	differing, orphans := r.wakeDated(tenants.Items, rows, s.now), 0
	for _, finding := range compareRows(s.platform, tenants.Items, rows, store.Latest()) {
		if finding.Kind == findingRow {
			orphans++
			continue
		}
		differing++
		r.Wake.tenant(key.Namespace, finding.Name)
	}
	orphanRows.WithLabelValues(key.Namespace, key.Name).Set(float64(orphans))
	if differing > 0 || orphans > 0 {
		logf.FromContext(ctx).Info("Checked the fleet", "tenants", len(tenants.Items), "differing", differing, "orphanRows", orphans)
	}
	return nil
}

// wakeDated has Tenants looked at whose status is not what their dates say. Each waits for its next date by itself;
// this finds those for whom the clock was set, forward or back.
func (r *PlatformReconciler) wakeDated(tenants []v1alpha1.Tenant, rows map[string]registry.Tenant, now time.Time) (woken int) {
	for i := range tenants {
		tenant := &tenants[i]
		row, found := rows[tenant.Name]
		active := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionActive)
		if found && active != nil && active.Reason != activeReason(row, now) {
			woken++
			r.Wake.tenant(tenant.Namespace, tenant.Name)
		}
	}
	return woken
}

// readFleet reads every live row, by pages.
func readFleet(ctx context.Context, db registry.Querier) (map[string]registry.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, checkInterval)
	defer cancel()
	rows := map[string]registry.Tenant{}
	for after := ""; ; {
		page, err := registry.List(ctx, db, after, fleetPage)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			rows[row.Name] = row
			after = row.Name
		}
		if len(page) < fleetPage {
			return rows, nil
		}
	}
}

// differs reports whether a row says something else than its Tenant. What is wrong with the Tenant itself is found
// when it is looked at.
func differs(p *v1alpha1.Platform, t *v1alpha1.Tenant, row registry.Tenant) bool {
	want, _, err := desiredRow(p, t, row.PaidUntil)
	return err != nil || !want.Equal(row.Spec)
}
