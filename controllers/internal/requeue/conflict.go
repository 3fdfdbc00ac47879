package requeue

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// ConflictRetry is the delay after a conflict: the cache lags the API server by some milliseconds.
const ConflictRetry = 50 * time.Millisecond

// OnConflict returns the outcome of a reconcile. A conflict with another writer is not a failure, which would be logged as an
// error: the object is reconciled again with what that one wrote.
func OnConflict(result reconcile.Result, err error) (reconcile.Result, error) {
	if apierrors.IsConflict(err) {
		return reconcile.Result{RequeueAfter: ConflictRetry}, nil
	}
	return result, err
}
