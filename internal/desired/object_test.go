package desired_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
)

func entry(manager string, at int, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(fields),
		Time: new(metav1.NewTime(time.Unix(int64(at), 0))),
	}
}

// An object changes only with what its authors say.
func TestObject(t *testing.T) {
	t.Parallel()
	tenant := func() *v1alpha1.Tenant {
		return &v1alpha1.Tenant{
			ObjectMeta: metav1.ObjectMeta{Name: "alice", ManagedFields: []metav1.ManagedFieldsEntry{
				entry("kubectl", 1, `{"f:spec":{"f:displayName":{}}}`), entry("argocd", 2, `{"f:metadata":{"f:labels":{"f:team":{}},"f:finalizers":{".":{},"v:\"x\"":{}}}}`),
			}},
			Spec: v1alpha1.TenantSpec{DisplayName: "Alice"},
		}
	}
	before, err := desired.Object(tenant())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(before.JSON), "finalizers") {
		t.Errorf("the object is %s", before.JSON)
	}
	for name, test := range map[string]struct {
		edit    func(*v1alpha1.Tenant)
		differs bool
	}{
		"nothing": {func(*v1alpha1.Tenant) {}, false},
		"status": {func(t *v1alpha1.Tenant) {
			t.Status.Phase, t.ResourceVersion, t.Finalizers = v1alpha1.TenantActive, "7", []string{v1alpha1.Finalizer}
			status := entry("echoblogs-operator", 9, `{"f:status":{}}`)
			status.Subresource = "status"
			t.ManagedFields = append(t.ManagedFields, status, entry("echoblogs-operator", 9, `{"f:metadata":{"f:finalizers":{".":{}}}}`))
		}, false},
		"deletion": {func(t *v1alpha1.Tenant) { t.DeletionTimestamp, t.Generation = new(metav1.Now()), 9 }, false},
		"time and order": {func(t *v1alpha1.Tenant) {
			t.ManagedFields[0], t.ManagedFields[1] = t.ManagedFields[1], t.ManagedFields[0]
			t.ManagedFields[0].Time = nil
		}, false},
		"spec":       {func(t *v1alpha1.Tenant) { t.Spec.Trial = new(false) }, true},
		"label":      {func(t *v1alpha1.Tenant) { t.Labels = map[string]string{"team": "a"} }, true},
		"annotation": {func(t *v1alpha1.Tenant) { t.Annotations = map[string]string{"any": ""} }, true},
		"manager":    {func(t *v1alpha1.Tenant) { t.ManagedFields[0].Manager = "flux" }, true},
		"operation":  {func(t *v1alpha1.Tenant) { t.ManagedFields[0].Operation = metav1.ManagedFieldsOperationApply }, true},
		"fields":     {func(t *v1alpha1.Tenant) { t.ManagedFields[0] = entry("kubectl", 1, `{"f:spec":{"f:trial":{}}}`) }, true},
	} {
		edited := tenant()
		test.edit(edited)
		after, err := desired.Object(edited)
		if err != nil || (after.Digest != before.Digest) != test.differs {
			t.Errorf("%s: differs %t, error %v\n%s\n%s", name, after.Digest != before.Digest, err, before.JSON, after.JSON)
		}
		// The cache has the same digest, also if an object passes twice.
		for _, version := range []string{"", "0001"} {
			cached := edited.DeepCopy()
			cached.Status.SchemaVersion = version
			for range 2 {
				cached.ManagedFields = desired.CacheEntries(cached)
			}
			digest, err := desired.Digest(cached)
			if err != nil || digest != after.Digest || desired.HasManagers(cached) != (version == "") {
				t.Errorf("%s, in the cache at version %q: digest %s, want %s, error %v", name, version, digest, after.Digest, err)
			}
			if version == "" {
				if object, err := desired.Object(cached); err != nil || object.Digest != after.Digest {
					t.Errorf("%s, in the cache without a schema: %s, error %v", name, object.JSON, err)
				}
			}
		}
	}
}
