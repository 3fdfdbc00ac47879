package routing

import (
	"encoding/json"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// UpToDate reports whether the live Ingress equals the desired one. What others have added is ignored: labels, annotations,
// the paths of ACME challenges, and a class if the Platform names none. An annotation or a class that the operator has set
// and no longer wants is a difference.
func UpToDate(live, want *networkingv1.Ingress) bool {
	spec := withoutChallenges(live.Spec, want.Spec)
	if want.Spec.IngressClassName == nil {
		spec.IngressClassName = nil
	}
	return equality.Semantic.DeepEqual(spec, want.Spec) && len(live.OwnerReferences) == 0 &&
		contains(live.Labels, want.Labels) && contains(live.Annotations, want.Annotations) && !ownsUnwanted(live, want)
}

// IsManaged reports whether the operator has created an Ingress: by its label or, if that was removed, by its managed
// fields, which an object from the operator's cache may lack.
func IsManaged(live *networkingv1.Ingress) bool {
	if live.Labels[LabelManagedBy] == ManagedBy {
		return true
	}
	for _, entry := range live.ManagedFields {
		if entry.Manager == FieldManager {
			return true
		}
	}
	return false
}

// StripManagedFields removes the managed fields that neither UpToDate nor LastWrite reads. They are larger than the Ingress itself.
func StripManagedFields(ingress *networkingv1.Ingress) {
	owned := ownedBy(ingress)
	kept := metav1.ManagedFieldsEntry{Manager: FieldManager, Time: &metav1.Time{Time: LastWrite(ingress)}}
	if len(owned.Metadata.Annotations) > 0 || owned.Spec.Class != nil {
		if encoded, err := json.Marshal(owned); err == nil {
			kept.FieldsV1 = metav1.NewFieldsV1(string(encoded))
		}
	}
	ingress.ManagedFields = []metav1.ManagedFieldsEntry{kept}
}

// LastWrite returns when the operator has last changed an Ingress.
func LastWrite(ingress *networkingv1.Ingress) time.Time {
	last := ingress.CreationTimestamp.Time
	for _, entry := range ingress.ManagedFields {
		if entry.Manager == FieldManager && entry.Subresource == "" && entry.Time != nil && entry.Time.After(last) {
			last = entry.Time.Time
		}
	}
	return last
}

// ownedFields are the fields of the operator that a Platform may stop to want, in the format of FieldsV1: the name of each
// field has the prefix f:.
type ownedFields struct {
	Metadata struct {
		Annotations map[string]struct{} `json:"f:annotations,omitempty"`
	} `json:"f:metadata"`
	Spec struct {
		Class *struct{} `json:"f:ingressClassName,omitempty"`
	} `json:"f:spec"`
}

func ownedBy(live *networkingv1.Ingress) ownedFields {
	var owned ownedFields
	for _, entry := range live.ManagedFields {
		if entry.Manager == FieldManager && entry.Subresource == "" && entry.FieldsV1 != nil {
			_ = json.Unmarshal(entry.FieldsV1.GetRawBytes(), &owned) // adds to what is there; the API server wrote it
		}
	}
	return owned
}

// ownsUnwanted reports whether an Ingress has an annotation or a class that the operator has set and no longer wants.
func ownsUnwanted(live, want *networkingv1.Ingress) bool {
	if len(live.ManagedFields) == 0 {
		return false
	}
	owned := ownedBy(live)
	for key := range live.Annotations {
		_, ours := owned.Metadata.Annotations["f:"+key]
		if _, wanted := want.Annotations[key]; ours && !wanted {
			return true
		}
	}
	return owned.Spec.Class != nil && live.Spec.IngressClassName != nil && want.Spec.IngressClassName == nil
}

func contains(have, want map[string]string) bool {
	for key, value := range want {
		if got, ok := have[key]; !ok || got != value {
			return false
		}
	}
	return true
}
