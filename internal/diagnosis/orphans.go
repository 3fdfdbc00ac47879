package diagnosis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// LeftBehind reports whether a live row of a Tenant's name belongs to an earlier Tenant, and is not given to this one.
func LeftBehind(t *v1alpha1.Tenant, row tenancy.Tenant) bool {
	stalled := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionStalled)
	return row.UID != "" && row.UID != string(t.UID) && stalled != nil && stalled.Reason == v1alpha1.ReasonOrphanExists
}

// keptFor is how long after a cancelled deletion its row waits for its Tenant to be created again.
const keptFor = 10 * time.Minute

// AwaitsTenant reports whether the Tenant of a live row is about to be created again, so that the row is no orphan.
func AwaitsTenant(row tenancy.Tenant, now time.Time) bool {
	return !row.KeptAt.IsZero() && now.Before(row.KeptAt.Add(keptFor))
}

// FindOrphans returns the live rows of a Platform's registry that have no Tenant, by name.
func FindOrphans(ctx context.Context, objects client.Reader, registry tenancy.Inspector, platform *v1alpha1.Platform) ([]tenancy.Tenant, error) {
	rows, err := ReadRows(ctx, registry) // before the Tenants: a row is created after its Tenant
	if err != nil {
		return nil, err
	}
	var tenants v1alpha1.TenantList
	if err := objects.List(ctx, &tenants, client.InNamespace(platform.Namespace)); err != nil {
		return nil, fmt.Errorf("list Tenants: %w", err)
	}
	for i := range tenants.Items {
		tenant := &tenants.Items[i]
		if tenant.PlatformName() == platform.Name && !LeftBehind(tenant, rows[tenant.Name]) {
			delete(rows, tenant.Name)
		}
	}
	orphans := make([]tenancy.Tenant, 0, len(rows))
	for _, row := range rows {
		if !AwaitsTenant(row, time.Now()) {
			orphans = append(orphans, row)
		}
	}
	slices.SortFunc(orphans, func(a, b tenancy.Tenant) int { return cmp.Compare(a.Name, b.Name) })
	return orphans, nil
}
