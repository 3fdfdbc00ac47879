package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/controllers/internal/requeue"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// tombstoneChoice is what a Tenant without a live row does about the tombstones of its name. The zero value: there is
// nothing to decide.
type tombstoneChoice struct {
	// restore is the ID of the tombstone to restore. 0: none.
	restore int64
	// fresh says that the tombstone with the name is superseded.
	fresh bool
}

// chooseTombstone reads the annotation on-tombstone, for a Tenant whose row, have, is not live. Only the newest tombstone can
// be superseded, so that an annotation that stays in a manifest does not apply to the data of a later Tenant.
//
// Stalls the Tenant with TombstoneExists, AnnotationInvalid or RestorationRefused, and sets DatabaseReady.
func (s *scope) chooseTombstone(ctx context.Context, have tenancy.Tenant) (tombstoneChoice, error) {
	value, annotated := s.tenant.Annotations[v1alpha1.AnnotationOnTombstone]
	if !annotated && have.State != tenancy.StateTombstone {
		return tombstoneChoice{}, nil
	}
	tombstones, err := s.readTombstones(ctx)
	if err != nil {
		return tombstoneChoice{}, err
	}
	if !annotated {
		return tombstoneChoice{}, tombstoneExists(s.tenant.Name, tombstones)
	}
	action, id, err := v1alpha1.ParseOnTombstone(value)
	if err != nil {
		return tombstoneChoice{}, annotationInvalid(v1alpha1.AnnotationOnTombstone, value, err.Error())
	}
	i := slices.IndexFunc(tombstones, func(t tenancy.Tombstone) bool { return t.ID == id })
	switch {
	case i < 0:
		return tombstoneChoice{}, annotationInvalid(v1alpha1.AnnotationOnTombstone, value, "the Tenant has no such tombstone; "+listTombstones(tombstones))
	case action == v1alpha1.OnTombstoneFresh && i > 0:
		return tombstoneChoice{}, annotationInvalid(v1alpha1.AnnotationOnTombstone, value, "another tombstone is newer; "+listTombstones(tombstones))
	case action == v1alpha1.OnTombstoneFresh:
		return tombstoneChoice{fresh: have.State == tenancy.StateTombstone}, nil
	case !s.mayRestore(tombstones[i]):
		return tombstoneChoice{}, step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonRestorationRefused,
			fmt.Sprintf("The tombstone %d, in the schema %q, belonged to %s.", id, tombstones[i].TombstoneSchema, ownerOf(tombstones[i])))
	}
	return tombstoneChoice{restore: id}, nil
}

// readTombstones reads the tombstones of the Tenant's name, the newest first, and puts them into its status.
func (s *scope) readTombstones(ctx context.Context) ([]tenancy.Tombstone, error) {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	tombstones, err := s.store.ListTombstonesNamed(ctx, s.tenant.Name)
	for _, t := range tombstones {
		s.tenant.Status.Tombstones = append(s.tenant.Status.Tombstones, v1alpha1.TombstoneStatus{ID: t.ID, DeletedAt: new(metav1.NewTime(t.ReleasedAt))})
	}
	return tombstones, err
}

// readTombstone reads the row of a tombstone. It is none if the tombstone has been purged since it was listed.
func (s *scope) readTombstone(ctx context.Context, id int64) (tenancy.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, connections.QueryTimeout)
	defer cancel()
	row, err := s.store.Get(ctx, id)
	if errors.Is(err, tenancy.ErrNotFound) {
		err = step.SkipStatus(requeue.ConflictRetry)
	}
	return row, err
}

// mayRestore reports whether the Tenant may have the data of a tombstone: that of its own owner, or what the Platform lists.
func (s *scope) mayRestore(t tenancy.Tombstone) bool {
	return t.Owner == s.tenant.OwnerName() || slices.Contains(s.platform.Spec.Database.AdoptableSchemas, t.TombstoneSchema)
}

func ownerOf(t tenancy.Tombstone) string {
	if t.Owner == "" {
		return "a Tenant without an owner"
	}
	return fmt.Sprintf("the owner %q", t.Owner)
}

func tombstoneExists(name string, tombstones []tenancy.Tombstone) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonTombstoneExists,
		fmt.Sprintf("The data of a deleted Tenant %q is retained: %s.", name, listTombstones(tombstones)))
}

// listTombstones lists tombstones for a message, such as "ID 42, deleted 2026-11-26 until 2026-12-26".
func listTombstones(tombstones []tenancy.Tombstone) string {
	if len(tombstones) == 0 {
		return "there is none"
	}
	items := make([]string, len(tombstones))
	for i, t := range tombstones {
		items[i] = fmt.Sprintf("ID %d, deleted at %s, kept until %s", t.ID, t.ReleasedAt.UTC().Format(time.RFC3339), t.PurgeAt.UTC().Format(time.RFC3339))
	}
	return strings.Join(items, "; ")
}
