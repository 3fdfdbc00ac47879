package ingress

import (
	"bytes"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// ownsUnwantedAnnotation reports whether an Ingress has an annotation that the operator has set and that is no longer
// wanted. Annotations of others, such as those of ingress controllers, stay.
func ownsUnwantedAnnotation(live, want *networkingv1.Ingress) bool {
	for key := range live.Annotations {
		if _, wanted := want.Annotations[key]; !wanted && ownsField(live, fieldpath.MakePathOrDie("metadata", "annotations", key)) {
			return true
		}
	}
	return false
}

func ownsField(live *networkingv1.Ingress, path fieldpath.Path) bool {
	for _, entry := range live.ManagedFields {
		if entry.Manager != fieldManager || entry.FieldsV1 == nil {
			continue
		}
		var fields fieldpath.Set
		if fields.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())) == nil && fields.Has(path) {
			return true
		}
	}
	return false
}
