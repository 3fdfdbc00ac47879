package operatortest

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Annotate sets an annotation of a Tenant.
func Annotate(key, value string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { metav1.SetMetaDataAnnotation(&t.ObjectMeta, key, value) }
}

// AnnotatePlatform sets an annotation of a Platform.
func AnnotatePlatform(key, value string) func(*v1alpha1.Platform) {
	return func(p *v1alpha1.Platform) { metav1.SetMetaDataAnnotation(&p.ObjectMeta, key, value) }
}

// Deleting makes the deletion of a Tenant delete its data.
func Deleting(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete }
