package tenant

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
)

// connectRetry is the polling interval while the controller of Platforms connects to the database, after the first seconds,
// in which Tenants wait for it. All Tenants poll.
const connectRetry = 2 * time.Second

// resolvePlatform reads the Tenant's Platform and its store.
//
// Sets DatabaseReady=False with PlatformNotFound or PlatformNotReady. The Tenant is requeued when the Platform is created,
// and when its database becomes ready. An operator that has just started has not connected yet to a database that was
// ready before: no condition reports that.
func (r *Reconciler) resolvePlatform(ctx context.Context, s *scope) error {
	key := types.NamespacedName{Namespace: s.tenant.Namespace, Name: s.tenant.PlatformName()}
	var platform v1alpha1.Platform
	err := r.Client.Get(ctx, key, &platform)
	if apierrors.IsNotFound(err) {
		return step.Waiting(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonPlatformNotFound,
			fmt.Sprintf("The Platform %q does not exist in the namespace %q.", key.Name, key.Namespace), 0)
	}
	if err != nil {
		return fmt.Errorf("read Platform %s: %w", key, err)
	}
	s.platform, s.app = &platform, desired.Application(r.Stores.Application, &platform)
	if !databaseReady(&platform) {
		s.store = r.Stores.Prepared(key)
	} else if s.store = r.Stores.AwaitPrepared(ctx, key); s.store == nil {
		return step.SkipStatus(connectRetry)
	}
	if s.store != nil {
		return nil
	}
	return step.Waiting(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonPlatformNotReady,
		fmt.Sprintf("The database of the Platform %q is not ready.", key.Name), 0)
}
