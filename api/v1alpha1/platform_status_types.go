package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TenantCounts counts the Tenants in each phase.
type TenantCounts struct {
	// total is the number of Tenants.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Total int32 `json:"total"`
	// pending is the number of Tenants that wait for their Platform or for a name.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pending int32 `json:"pending"`
	// provisioning is the number of Tenants that are being created.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Provisioning int32 `json:"provisioning"`
	// active is the number of Tenants that are paid for.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Active int32 `json:"active"`
	// grace is the number of Tenants in their grace period.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Grace int32 `json:"grace"`
	// suspended is the number of Tenants whose readers get 402 Payment Required.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Suspended int32 `json:"suspended"`
	// terminating is the number of Tenants that are being deleted.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Terminating int32 `json:"terminating"`
	// failed is the number of Tenants that need a change by the user.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Failed int32 `json:"failed"`
}

// VersionCount counts the Tenants whose schemas have one version.
type VersionCount struct {
	// version is the version of the schemas.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`
	// tenants is the number of Tenants.
	// +required
	// +kubebuilder:validation:Minimum=0
	Tenants int32 `json:"tenants"`
}

// PlatformStatus is the observed state of a Platform.
type PlatformStatus struct {
	// conditions follow kstatus (Ready, Reconciling, Stalled), with DatabaseReady and RouteReady.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the generation of the spec that this status describes. It is set on failure, too. -1: the operator
	// has not seen the object yet, which kstatus takes for progress.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// tenants counts the Tenants in each phase.
	// +optional
	Tenants *TenantCounts `json:"tenants,omitempty"`

	// schemaVersion is the version that the operator migrates schemas to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	SchemaVersion string `json:"schemaVersion,omitempty"`

	// versions counts the Tenants whose schemas have each version.
	// +optional
	// +listType=map
	// +listMapKey=version
	// +kubebuilder:validation:MaxItems=100
	Versions []VersionCount `json:"versions,omitempty"`
}
