// Package v1alpha1 holds the two kinds of EchoBlogs: a Tenant, who has a schema, host names and a blog, and the
// Platform that Tenants live on.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=tenancy.echoblogs.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "tenancy.echoblogs.io", Version: "v1alpha1"}

// SchemeGroupVersion is GroupVersion by the name that the generated apply configurations know it by.
var SchemeGroupVersion = GroupVersion

// AddToScheme makes the kinds of this package known to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &Tenant{}, &TenantList{}, &Platform{}, &PlatformList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
