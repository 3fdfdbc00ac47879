package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
)

// recreateManager is the field manager of what a Tenant has that is created again, until its own managers have it.
const recreateManager = "echoblogs-recreate"

// ErrOtherOwner is returned when a Tenant cannot be created again because one of its name belongs to another owner.
var ErrOtherOwner = errors.New("a Tenant of this name belongs to another owner")

// Recreate creates a Tenant again that is gone: with its spec, labels, annotations and field managers, and with the row of the
// UID rowUID. Of gone, as the API server had it or as the registry keeps it, the namespace must be set. It can be called again
// after it failed. It never changes a Tenant of that name, with two exceptions: it completes one that it has created, and a
// Tenant that is Stalled with OrphanExists gets the row, unless it belongs to another owner: anyone could have signed up with
// the name. Errors are ErrExists, ErrOtherOwner, ErrDeleting, ErrConflict, ErrUnavailable and *InvalidError.
func Recreate(ctx context.Context, c client.Client, gone *v1alpha1.Tenant, rowUID string) error {
	again, err := recreated(gone, rowUID)
	if err != nil {
		return err
	}
	err = createAs(ctx, c, again)
	if !errors.Is(err, ErrExists) {
		if err != nil {
			return err
		}
		return assignManagers(ctx, c, again)
	}
	live, err := readFrom(ctx, c, again)
	if err != nil {
		return err
	}
	adopts := live.Annotations[v1alpha1.AnnotationAdoptOrphan] == rowUID // by an earlier call
	_, incomplete := live.Annotations[v1alpha1.AnnotationFieldManagers]
	stalled := meta.FindStatusCondition(live.Status.Conditions, v1alpha1.ConditionStalled)
	switch {
	case !live.DeletionTimestamp.IsZero():
		return fmt.Errorf("create Tenant %s again: %w", gone.Name, ErrDeleting)
	case incomplete && (adopts || string(live.UID) == rowUID):
		return assignManagers(ctx, c, live)
	case adopts:
		return nil
	case live.OwnerName() != "" && live.OwnerName() != gone.OwnerName():
		return fmt.Errorf("create Tenant %s again: %w", gone.Name, ErrOtherOwner)
	case stalled != nil && stalled.Reason == v1alpha1.ReasonOrphanExists:
		return adoptOrphan(ctx, c, live, rowUID)
	}
	return &APIError{Call: "create Tenant " + gone.Name + " again", Err: ErrExists, kind: ErrExists}
}

// recreated returns the Tenant to create in place of one that is gone.
func recreated(gone *v1alpha1.Tenant, rowUID string) (*v1alpha1.Tenant, error) {
	authored, err := desired.Authored(gone)
	if err != nil {
		return nil, err
	}
	again := &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{
			Name: gone.Name, Namespace: gone.Namespace, Labels: authored.Labels, Annotations: map[string]string{},
			Finalizers: []string{v1alpha1.Finalizer},
		},
		Spec: authored.Spec,
	}
	maps.Copy(again.Annotations, authored.Annotations)
	for _, annotation := range lostAnnotations {
		delete(again.Annotations, annotation)
	}
	again.Annotations[v1alpha1.AnnotationAdoptOrphan] = rowUID
	if _, incomplete := again.Annotations[v1alpha1.AnnotationFieldManagers]; incomplete {
		return again, nil // it was lost before it was complete
	}
	encoded, err := json.Marshal(authored.ManagedFields)
	if err != nil {
		return nil, fmt.Errorf("encode the field managers of Tenant %s: %w", gone.Name, err)
	}
	again.Annotations[v1alpha1.AnnotationFieldManagers] = string(encoded)
	return again, nil
}

// lostAnnotations are the annotations that a Tenant loses: they belong to the object that is gone.
var lostAnnotations = []string{v1alpha1.AnnotationRegistration, v1alpha1.AnnotationDeletion}

func createAs(ctx context.Context, c client.Client, tenant *v1alpha1.Tenant) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	return apiError("create Tenant "+tenant.Name+" again", c.Create(ctx, tenant, client.FieldOwner(recreateManager)))
}

func readFrom(ctx context.Context, c client.Client, tenant *v1alpha1.Tenant) (*v1alpha1.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var live v1alpha1.Tenant
	err := c.Get(ctx, client.ObjectKeyFromObject(tenant), &live)
	return &live, apiError("read Tenant "+tenant.Name, err)
}

// adoptOrphan lets a Tenant have the row that another one has left behind.
func adoptOrphan(ctx context.Context, c client.Client, live *v1alpha1.Tenant, rowUID string) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	before := live.DeepCopy()
	metav1.SetMetaDataAnnotation(&live.ObjectMeta, v1alpha1.AnnotationAdoptOrphan, rowUID)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return apiError("let Tenant "+live.Name+" adopt its row", c.Patch(ctx, live, patch, client.FieldOwner(recreateManager)))
}
