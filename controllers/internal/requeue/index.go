package requeue

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Keys of the indexes of Tenants in the cache.
const (
	// TenantPlatform indexes Tenants by the name of their Platform.
	TenantPlatform = "spec.platformRef.name"
	// NameConflictPlatform indexes Tenants that are Stalled because another Tenant has one of their names by the name of
	// their Platform. Releasing a name must not cost a scan of all Tenants.
	NameConflictPlatform = "status.nameConflict.platformRef.name"
)

// nameConflictReasons are the reasons set when a name that a Tenant requests belongs to another Tenant.
var nameConflictReasons = []string{v1alpha1.ReasonSchemaTaken, v1alpha1.ReasonHostTaken, v1alpha1.ReasonCustomDomainTaken}

// IndexTenants registers the indexes. It must be called once, before the manager starts.
func IndexTenants(ctx context.Context, indexer client.FieldIndexer) error {
	for key, value := range map[string]client.IndexerFunc{TenantPlatform: platformOf, NameConflictPlatform: platformOfConflict} {
		if err := indexer.IndexField(ctx, &v1alpha1.Tenant{}, key, value); err != nil {
			return fmt.Errorf("index Tenants by %s: %w", key, err)
		}
	}
	return nil
}

func platformOf(object client.Object) []string {
	return []string{object.(*v1alpha1.Tenant).PlatformName()}
}

func platformOfConflict(object client.Object) []string {
	stalled := meta.FindStatusCondition(object.(*v1alpha1.Tenant).Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || !slices.Contains(nameConflictReasons, stalled.Reason) {
		return nil
	}
	return platformOf(object)
}
