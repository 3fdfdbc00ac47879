package tenants

import (
	"bytes"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Owners are the field managers, other than the portal's two, that own fields of a Tenant's spec. The API server refuses
// the portal's changes of these fields (server-side apply, "conflicts"). Settings that a person has changed once with kubectl
// are not among them: nothing would write them again, so the portal takes them over.
type Owners []owner

// oneOffManagers are the field managers of kubectl's commands that change fields of an object once.
var oneOffManagers = []string{"kubectl-patch", "kubectl-edit", "kubectl-annotate", "kubectl-label"}

func isOneOff(entry metav1.ManagedFieldsEntry) bool {
	return entry.Operation == metav1.ManagedFieldsOperationUpdate && slices.Contains(oneOffManagers, entry.Manager)
}

type owner struct {
	manager string
	fields  *fieldpath.Set
}

// OwnersOf returns the other owners of a Tenant's fields.
func OwnersOf(t *v1alpha1.Tenant) Owners {
	var owners Owners
	for _, entry := range t.ManagedFields {
		// Fields that the portal set when it created the Tenant are its own too: Edit assigns them to its managers.
		if isPortal(entry.Manager) || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		var all fieldpath.Set
		if all.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())) != nil {
			continue // the API server still refuses the change
		}
		if isOneOff(entry) {
			_, all = splitSettings(&all)
		}
		// The owner of an object or a list as such owns none of its fields or items.
		if spec := all.WithPrefix(fieldpath.FieldNameElement("spec")).Leaves(); !spec.Empty() {
			owners = append(owners, owner{entry.Manager, spec})
		}
	}
	return owners
}

// Field returns the manager that owns a field, such as "limits.posts", or "" if none does.
func (o Owners) Field(path string) string {
	return o.of(fieldPath(path))
}

// fieldPath converts a path such as "limits.posts".
func fieldPath(path string) fieldpath.Path {
	var elements fieldpath.Path
	for name := range strings.SplitSeq(path, ".") {
		elements = append(elements, fieldpath.FieldNameElement(name))
	}
	return elements
}

// Domain returns the manager that owns a custom domain, or "" if none does.
func (o Owners) Domain(host string) string {
	return o.of(fieldpath.Path{fieldpath.FieldNameElement(pathCustomDomains), fieldpath.ValueElement(value.NewValueInterface(host))})
}

func (o Owners) of(path fieldpath.Path) string {
	for _, owner := range o {
		if owner.fields.Has(path) {
			return owner.manager
		}
	}
	return ""
}

// Managers returns the names of all managers, sorted.
func (o Owners) Managers() []string {
	names := make([]string, len(o))
	for i, owner := range o {
		names[i] = owner.manager
	}
	slices.Sort(names)
	return slices.Compact(names)
}
