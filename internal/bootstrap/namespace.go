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

// servedPatch sets the label by which the admission policies recognize namespaces with an operator. It is a patch, for which
// no other permission on the namespace is needed.
const servedPatch = `{"metadata":{"labels":{"` + v1alpha1.LabelServed + `":"true"}}}`

// LabelNamespace labels a namespace as one that an operator serves.
func LabelNamespace(ctx context.Context, c client.Writer, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := c.Patch(ctx, namespace, client.RawPatch(types.MergePatchType, []byte(servedPatch)), fieldOwner); err != nil {
		return fmt.Errorf("label the namespace %s: %w", name, err)
	}
	return nil
}
