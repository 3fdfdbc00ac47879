package platform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/remediation"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// fewOrphans is how many orphans are suspended in any case, unless they are half of all live rows.
const fewOrphans = 3

// maxNamed bounds how many orphans the condition names.
const maxNamed = 10

// seenOrphans remembers the orphans of each Platform's last check: the IDs of their rows.
type seenOrphans struct {
	mu   sync.Mutex
	last map[types.NamespacedName][]int64
}

// replace remembers the orphans of a check, and returns those of the one before.
func (s *seenOrphans) replace(platform types.NamespacedName, ids []int64) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[types.NamespacedName][]int64{}
	}
	before := s.last[platform]
	s.last[platform] = ids
	return before
}

func (s *seenOrphans) forget(platform types.NamespacedName) { s.replace(platform, nil) }

// handleOrphans reports live rows without a Tenant, such as those that the restoration of an older database has brought
// back. A few of them that two checks in a row have found are suspended, so that what was deleted is not served. If there are
// more, the API server has lost objects, and their rows stay as they are.
//
// Sets OrphansFound, which is present only while it is True.
func (r *Reconciler) handleOrphans(ctx context.Context, s *scope, store *tenancy.Store, orphans []tenancy.Tenant, live int) error {
	key := client.ObjectKeyFromObject(s.platform)
	orphanRows.WithLabelValues(key.Namespace, key.Name).Set(float64(len(orphans)))
	slices.SortFunc(orphans, func(a, b tenancy.Tenant) int { return int(a.ID - b.ID) })
	few := len(orphans) <= max(fewOrphans, live/100) && 2*len(orphans) < live
	var ids []int64 // none if there are many: a later check that finds few is the first of two
	if few {
		for _, row := range orphans {
			ids = append(ids, row.ID)
		}
	}
	before := r.orphans.replace(key, ids)
	if len(orphans) == 0 {
		s.Remove(v1alpha1.ConditionOrphansFound)
		return nil
	}
	suspended := 0
	for _, row := range orphans {
		if !row.SuspendAt.IsZero() {
			if !few || !slices.Contains(before, row.ID) || !row.KeptAt.IsZero() { // it was to be served
				continue
			}
			done, err := r.suspendOrphan(ctx, s, store, row)
			if err != nil {
				return err
			}
			if !done {
				continue
			}
		}
		suspended++
	}
	reportOrphans(s, orphans, suspended)
	return nil
}

// suspendOrphan suspends a row, unless it has changed or its Tenant exists: the cache may lag.
func (r *Reconciler) suspendOrphan(ctx context.Context, s *scope, store *tenancy.Store, row tenancy.Tenant) (done bool, err error) {
	var tenant v1alpha1.Tenant
	err = r.Live.Get(ctx, client.ObjectKey{Namespace: s.platform.Namespace, Name: row.Name}, &tenant)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return false, fmt.Errorf("look for Tenant %s: %w", row.Name, err)
	case err == nil && tenant.PlatformName() == s.platform.Name && !diagnosis.LeftBehind(&tenant, row):
		return false, nil
	}
	switch err := store.Suspend(ctx, row); {
	case errors.Is(err, tenancy.ErrConflict):
		return false, nil
	case err != nil:
		return false, databaseUnavailable(err)
	}
	r.Recorder.Eventf(s.platform, nil, corev1.EventTypeWarning, v1alpha1.ReasonOrphansSuspended, "Suspend",
		"Suspended %q, which has a row in the registry and no Tenant.", row.Name)
	return true, nil
}

func reportOrphans(s *scope, orphans []tenancy.Tenant, suspended int) {
	names := make([]string, len(orphans))
	for i, row := range orphans {
		names[i] = row.Name
	}
	reason, state := v1alpha1.ReasonOrphansSuspended, "They are suspended."
	if suspended < len(orphans) {
		reason, state = v1alpha1.ReasonOrphansReported, fmt.Sprintf("Of them, %d are suspended.", suspended)
	}
	s.Set(v1alpha1.ConditionOrphansFound, metav1.ConditionTrue, reason,
		remediation.Append(reason, fmt.Sprintf("Live rows of the registry without a Tenant: %d (%s). %s", len(orphans), someOf(names), state)))
}

// someOf quotes names for a message, at most maxNamed.
func someOf(names []string) string {
	named := status.Quote(names[:min(len(names), maxNamed)])
	if more := len(names) - maxNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return named
}
