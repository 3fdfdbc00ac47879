package tenants

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Manifest returns the YAML manifest of a Tenant as a user would write it: without status and without the metadata that
// the API server sets.
func Manifest(t *v1alpha1.Tenant) ([]byte, error) {
	return manifest(metav1.ObjectMeta{Name: t.Name, Namespace: t.Namespace}, t.Spec)
}

func manifest(metadata metav1.ObjectMeta, spec v1alpha1.TenantSpec) ([]byte, error) {
	content, err := yaml.Marshal(struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta   `json:"metadata"`
		Spec            v1alpha1.TenantSpec `json:"spec"`
	}{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Tenant"}, Metadata: metadata, Spec: spec,
	})
	if err != nil {
		return nil, fmt.Errorf("write manifest of Tenant %s: %w", metadata.Name, err)
	}
	return content, nil
}
