package tenants

import (
	"encoding/json"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// FieldOwners returns who else has set which fields of a Tenant's spec: names of field managers by paths such as
// "displayName", "limits.posts" and, for one item of a list, "customDomains/www.alice.org". The API server refuses the
// public site's changes of these (server-side apply, "conflicts").
func FieldOwners(t *v1alpha1.Tenant) map[string]string {
	held := make(map[string]string)
	for _, entry := range t.ManagedFields {
		// Those that it has set by a creation are its own too: edit makes them so.
		if entry.Manager == fieldManager || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		var fields struct {
			Spec fieldTree `json:"f:spec"`
		}
		// What cannot be read here is found out by the API server when it is changed.
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) == nil {
			fields.Spec.walk("", func(path string) { held[path] = entry.Manager })
		}
	}
	return held
}

// fieldTree is a set of fields as managedFields writes it (FieldsV1).
type fieldTree map[string]fieldTree

// walk calls found with each leaf.
func (t fieldTree) walk(path string, found func(path string)) {
	for key, below := range t {
		kind, name, _ := strings.Cut(key, ":")
		at := path
		switch {
		case kind == "f" && path == "":
			at = name
		case kind == "f":
			at += "." + name
		case kind == "v":
			var value string
			if json.Unmarshal([]byte(name), &value) == nil {
				at += "/" + value
			}
		default: // the thing itself, beside what is in it
			continue
		}
		if len(below) == 0 {
			found(at)
			continue
		}
		below.walk(at, found)
	}
}
