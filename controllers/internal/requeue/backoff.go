package requeue

import (
	"cmp"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// Backoff returns a rate limiter that doubles the delay of an object after each failure, up to limit. A limit of 0 means
// 30 s.
func Backoff(limit time.Duration) workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstBackoff, cmp.Or(limit, maxBackoff))
}
