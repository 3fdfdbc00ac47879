package desired

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// digestEntry is the subresource of an entry of managed fields that the API server does not know: in the cache, its manager
// is the digest of the Tenant's object. The managed fields themselves are larger than all else.
const digestEntry = "echoblogs-digest"

// Object returns what the registry keeps of a Tenant, to create it again: Authored as JSON.
func Object(t *v1alpha1.Tenant) (tenancy.Object, error) {
	authored, err := Authored(t)
	if err != nil {
		return tenancy.Object{}, err
	}
	encoded, err := json.Marshal(authored)
	if err != nil {
		return tenancy.Object{}, fmt.Errorf("encode Tenant %s: %w", t.Name, err)
	}
	sum := sha256.Sum256(encoded)
	return tenancy.Object{JSON: encoded, Digest: hex.EncodeToString(sum[:16])}, nil
}

// Authored returns what the authors of a Tenant have said: name, labels, annotations and spec, and which field managers own
// them. It is the same as long as they say nothing else.
func Authored(t *v1alpha1.Tenant) (*v1alpha1.Tenant, error) {
	managers, err := authors(t)
	if err != nil {
		return nil, fmt.Errorf("read the field managers of Tenant %s: %w", t.Name, err)
	}
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: t.Name, Labels: t.Labels, Annotations: t.Annotations, ManagedFields: managers},
		Spec:       t.Spec,
	}, nil
}

// authors returns the entries of managed fields without those of status and finalizers, in an order that does not depend on
// time.
func authors(t *v1alpha1.Tenant) ([]metav1.ManagedFieldsEntry, error) {
	var entries []metav1.ManagedFieldsEntry
	for _, entry := range t.ManagedFields {
		if entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		entry.Time = nil
		if bytes.Contains(entry.FieldsV1.GetRawBytes(), []byte(`"f:finalizers"`)) {
			fields, err := withoutFinalizers(entry.FieldsV1)
			if err != nil {
				return nil, err
			}
			if fields == nil {
				continue
			}
			entry.FieldsV1 = fields
		}
		entries = append(entries, entry)
	}
	slices.SortFunc(entries, func(a, b metav1.ManagedFieldsEntry) int {
		return cmp.Or(cmp.Compare(a.Manager, b.Manager), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.APIVersion, b.APIVersion))
	})
	return entries, nil
}

// withoutFinalizers returns fields without those of finalizers, or nil if there are no others.
func withoutFinalizers(encoded *metav1.FieldsV1) (*metav1.FieldsV1, error) {
	var all fieldpath.Set
	if err := all.FromJSON(bytes.NewReader(encoded.GetRawBytes())); err != nil {
		return nil, err
	}
	rest := all.RecursiveDifference(fieldpath.NewSet(fieldpath.MakePathOrDie("metadata", "finalizers")))
	if rest.Empty() {
		return nil, nil
	}
	text, err := rest.ToJSON()
	if err != nil {
		return nil, err
	}
	return metav1.NewFieldsV1(string(text)), nil
}

// CacheEntries returns the managed fields that a Tenant has in the cache, apart from those of status: the digest of its
// object. A Tenant without a schema keeps its own, too, because its object is written together with the schema.
func CacheEntries(t *v1alpha1.Tenant) []metav1.ManagedFieldsEntry {
	digest, err := Digest(t)
	if err != nil {
		digest = "" // no row has it: a reconcile reports the error
	}
	entries := []metav1.ManagedFieldsEntry{{Subresource: digestEntry, Manager: digest}}
	if t.Status.SchemaVersion == "" {
		for _, entry := range t.ManagedFields {
			if entry.Subresource == "" {
				entries = append(entries, entry)
			}
		}
	}
	return entries
}

// Digest returns the digest of a Tenant's object, also of a Tenant from the cache.
func Digest(t *v1alpha1.Tenant) (string, error) {
	for _, entry := range t.ManagedFields {
		if entry.Subresource == digestEntry {
			return entry.Manager, nil
		}
	}
	object, err := Object(t)
	return object.Digest, err
}

// IsKept reports whether the row keeps a Tenant's object as it is.
func IsKept(t *v1alpha1.Tenant, row tenancy.Tenant) bool {
	digest, err := Digest(t)
	return err == nil && digest == row.ObjectDigest
}

// HasManagers reports whether Object can tell who owns the fields of a Tenant, which may be from the cache.
func HasManagers(t *v1alpha1.Tenant) bool {
	return t.Status.SchemaVersion == "" || !slices.ContainsFunc(t.ManagedFields, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Subresource == digestEntry
	})
}
