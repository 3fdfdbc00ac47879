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

// Restoring makes a Tenant restore the newest tombstone of a name.
func (p *Platform) Restoring(name string) func(*v1alpha1.Tenant) {
	p.T.Helper()
	return Annotate(v1alpha1.AnnotationOnTombstone, v1alpha1.RestoreTombstone(p.Tombstone(name)))
}

// Fresh makes a Tenant begin with an empty schema, although there is a tombstone of its name.
func (p *Platform) Fresh(name string) func(*v1alpha1.Tenant) {
	p.T.Helper()
	return Annotate(v1alpha1.AnnotationOnTombstone, v1alpha1.FreshTombstone(p.Tombstone(name)))
}

// Tombstone returns the ID of the newest tombstone of a name.
func (p *Platform) Tombstone(name string) int64 {
	p.T.Helper()
	return Query[int64](p, `SELECT id FROM public.tenants WHERE name = $1 AND tombstone_schema IS NOT NULL ORDER BY released_at DESC LIMIT 1`, name)
}
