package bootstrap

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Patches of the label by which the admission policies recognize namespaces with an operator. They need no other permission on
// the namespace.
const (
	servedPatch   = `{"metadata":{"labels":{"` + v1alpha1.LabelServed + `":"true"}}}`
	unservedPatch = `{"metadata":{"labels":{"` + v1alpha1.LabelServed + `":null}}}`
)

// LabelNamespace labels a namespace as one that an operator serves.
func LabelNamespace(ctx context.Context, c client.Writer, name string) error {
	if err := patchNamespace(ctx, c, name, servedPatch); err != nil {
		return fmt.Errorf("label the namespace %s: %w", name, err)
	}
	return nil
}

// UnlabelNamespace removes the label of a namespace, which no operator serves any more.
func UnlabelNamespace(ctx context.Context, c client.Writer, name string) error {
	if err := patchNamespace(ctx, c, name, unservedPatch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("remove the label %s of the namespace %s: %w", v1alpha1.LabelServed, name, err)
	}
	return nil
}

func patchNamespace(ctx context.Context, c client.Writer, name, patch string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	return c.Patch(ctx, namespace, client.RawPatch(types.MergePatchType, []byte(patch)), fieldOwner)
}
