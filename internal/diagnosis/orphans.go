package diagnosis

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

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
		if tenants.Items[i].PlatformName() == platform.Name {
			delete(rows, tenants.Items[i].Name)
		}
	}
	orphans := make([]tenancy.Tenant, 0, len(rows))
	for _, row := range rows {
		orphans = append(orphans, row)
	}
	slices.SortFunc(orphans, func(a, b tenancy.Tenant) int { return cmp.Compare(a.Name, b.Name) })
	return orphans, nil
}
