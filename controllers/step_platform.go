package controllers

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// connectRetry is how often a Tenant is looked at while the Platform's controller connects to the database.
const connectRetry = 200 * time.Millisecond

// resolvePlatform reads the Tenant's Platform and its database.
//
// Sets DatabaseReady=False with PlatformNotFound or PlatformNotReady. The Platform's controller wakes its Tenants when
// it appears, and when its database becomes ready. An operator that has just started is about to connect to a database
// that was ready before: that is told by no condition.
func (r *TenantReconciler) resolvePlatform(ctx context.Context, s *tenantScope) error {
	key := types.NamespacedName{Namespace: s.tenant.Namespace, Name: s.tenant.PlatformName()}
	var platform v1alpha1.Platform
	err := r.Client.Get(ctx, key, &platform)
	if apierrors.IsNotFound(err) {
		return &halt{
			condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonPlatformNotFound,
			message: fmt.Sprintf("There is no Platform %q in the namespace %q: create it, or name another one in spec.platformRef of a new Tenant.", key.Name, key.Namespace),
		}
	}
	if err != nil {
		return fmt.Errorf("read Platform %s: %w", key, err)
	}
	s.platform = &platform
	if s.store = r.Databases.Prepared(key); s.store == nil {
		if databaseReady(&platform) {
			return &halt{undecided: true, reason: v1alpha1.ReasonPlatformNotReady, retryAfter: connectRetry}
		}
		return &halt{
			condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonPlatformNotReady,
			message: fmt.Sprintf("The database of the Platform %q cannot be used yet: see its conditions.", key.Name),
		}
	}
	return nil
}
