// Package v1alpha1 defines the API of EchoBlogs: a Tenant, which has a schema, host names and a blog, and the Platform
// that serves Tenants.
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

// SchemeGroupVersion is GroupVersion under the name that the generated apply configurations use.
var SchemeGroupVersion = GroupVersion

// AddToScheme registers the kinds of this package.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &Tenant{}, &TenantList{}, &Platform{}, &PlatformList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
