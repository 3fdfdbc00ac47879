package requeue_test

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
)

func TestConflictsAreNotErrors(t *testing.T) {
	t.Parallel()
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "tenants"}, "alice", errors.New("changed"))
	result, err := requeue.OnConflict(reconcile.Result{}, fmt.Errorf("write status: %w", conflict))
	if err != nil || result.RequeueAfter != requeue.ConflictRetry {
		t.Errorf("a conflict: %v, error %v", result, err)
	}
	if _, err := requeue.OnConflict(reconcile.Result{}, errors.New("another")); err == nil {
		t.Error("another error was lost")
	}
}
