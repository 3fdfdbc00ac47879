package explain

import (
	"bytes"
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/echoblogs/echoblogs/internal/audit"
)

// lastChange returns the last change of a field of an object, or of what is below it, by the managed fields. Empty: unknown.
func lastChange(object metav1.Object, what string, path ...string) []Change {
	var last *metav1.ManagedFieldsEntry
	for _, entry := range object.GetManagedFields() {
		if entry.Time == nil || !manages(entry, path) {
			continue
		}
		if last == nil || last.Time.Before(entry.Time) {
			last = &entry
		}
	}
	if last == nil {
		return nil
	}
	return []Change{{What: what, By: last.Manager, At: last.Time.Time}}
}

// manages reports whether an entry has a field, or one below it.
func manages(entry metav1.ManagedFieldsEntry, path []string) bool {
	if entry.FieldsV1 == nil {
		return false
	}
	var all fieldpath.Set
	if err := all.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
		return false // a format of a later API server
	}
	below := &all
	for i, name := range path {
		element := fieldpath.FieldNameElement(name)
		if i == len(path)-1 && below.Has(fieldpath.Path{element}) {
			return true
		}
		below = below.WithPrefix(element)
	}
	return !below.Empty()
}

// changeOfCondition says who wrote a condition, and when it changed.
func changeOfCondition(of metav1.Object, c metav1.Condition) []Change {
	change := Change{What: "condition " + c.Type, By: "unknown", At: c.LastTransitionTime.Time}
	if written := lastChange(of, "status", "status"); len(written) > 0 {
		change.By = written[0].By
	}
	return []Change{change}
}

// audited adds the last entry of the audit log with one of the actions.
func (f *facts) audited(l *Layer, actions ...string) {
	i := slices.IndexFunc(f.audit, func(e audit.Entry) bool { return slices.Contains(actions, e.Action) })
	if i < 0 {
		return
	}
	entry := f.audit[i]
	l.Changes = append(l.Changes, Change{What: entry.Action, By: entry.Actor, At: entry.At})
	slices.SortStableFunc(l.Changes, func(a, b Change) int { return cmp.Compare(b.At.Unix(), a.At.Unix()) })
}
