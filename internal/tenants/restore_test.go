package tenants_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// everything is a spec with all fields that the portal may set.
func everything() v1alpha1.TenantSpec {
	return v1alpha1.TenantSpec{
		PlatformRef: v1alpha1.PlatformReference{Name: v1alpha1.DefaultPlatform}, DisplayName: "Wonderland: \"it's\" <fine>", Domain: "example.com",
		CustomDomains: []v1alpha1.CustomDomain{"www.zoe.org", "alice.net"}, PaidUntil: "2031-01-31", Trial: new(false), Suspended: new(true),
		Owner: &v1alpha1.TenantOwner{Username: "alice", Email: "Alice@example.org"}, DeletionPolicy: v1alpha1.DeletionPolicyRetain,
		Limits: &v1alpha1.Limits{Posts: new(int64(0)), Storage: new(resource.MustParse("1536Mi")), RequestsPerSecond: new(int32(7))},
	}
}

func tombstone(t *testing.T, name string, spec v1alpha1.TenantSpec) tenancy.Tombstone {
	t.Helper()
	content, err := json.Marshal(v1alpha1.Tenant{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	return tenancy.Tombstone{ID: 42, Name: name, DeletedTenant: tenancy.DeletedTenant{Object: tenancy.Object{JSON: content}}}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, spec := range map[string]v1alpha1.TenantSpec{
		"everything": everything(), "nothing": {}, "falsehoods": {Trial: new(true), Suspended: new(false)},
	} {
		if err := s.Restore(t.Context(), tombstone(t, name, spec)); err != nil {
			t.Fatal(err)
		}
		restored := s.Tenant(name)
		if diff := cmp.Diff(spec, restored.Spec); diff != "" {
			t.Errorf("%s was restored with another spec (-want +got):\n%s", name, diff)
		}
		if note := restored.Annotations[v1alpha1.AnnotationOnTombstone]; note != "Restore/42" {
			t.Errorf("%s is annotated with %q", name, note)
		}
		if owners := tenants.OwnersOf(restored); len(owners) != 0 {
			t.Errorf("%s has fields of others: %v", name, owners.Managers())
		}
	}
	before := s.Tenant("nothing")
	if err := s.Restore(t.Context(), tombstone(t, "nothing", everything())); !errors.Is(err, tenants.ErrExists) {
		t.Errorf("the restoration of a Tenant that exists: %v", err)
	}
	if after := s.Tenant("nothing"); after.ResourceVersion != before.ResourceVersion {
		t.Errorf("a Tenant that exists was changed: %+v", after)
	}
	var invalid *tenants.InvalidError
	err := s.Restore(t.Context(), tombstone(t, "refused", v1alpha1.TenantSpec{DisplayName: strings.Repeat("x", 101)}))
	if !errors.As(err, &invalid) || invalid.Fields[0].Path != "displayName" {
		t.Errorf("the restoration of a spec that breaks a rule: %v", err)
	}
	err = s.Restore(t.Context(), tombstone(t, "named", v1alpha1.TenantSpec{SchemaName: "wonderland"}))
	if !errors.Is(err, tenants.ErrNamesSchema) {
		t.Errorf("the restoration of a spec that names a schema: %v", err)
	}
	if err := s.Restore(t.Context(), tenancy.Tombstone{Name: "broken", DeletedTenant: tenancy.DeletedTenant{Object: tenancy.Object{JSON: []byte(`{"spec": {"trial": 1}}`)}}}); err == nil {
		t.Error("a spec that cannot be decoded has no error")
	}
}

// Applied by an administrator, the manifest of a tombstone creates what Restore creates, with its schema.
func TestRestoreManifest(t *testing.T) {
	t.Parallel()
	spec := everything()
	spec.SchemaName = "wonderland"
	content, err := tenants.RestoreManifest(tombstone(t, "alice", spec), "blogs")
	if err != nil {
		t.Fatal(err)
	}
	if other, err := tenants.RestoreManifest(tombstone(t, "alice", everything()), "blogs"); err != nil || other != nil {
		t.Errorf("a manifest for what Restore can restore, error %v:\n%s", err, other)
	}
	var tenant v1alpha1.Tenant
	if err := yaml.UnmarshalStrict(content, &tenant); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spec, tenant.Spec); diff != "" || tenant.Name != "alice" || tenant.Namespace != "blogs" || tenant.Annotations[v1alpha1.AnnotationOnTombstone] != "Restore/42" {
		t.Errorf("the manifest (-want +got):\n%s\n%s", diff, content)
	}
}

// A manifest that is applied to the Tenant that it was written from changes nothing.
func TestManifestRoundTrip(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := s.Restore(t.Context(), tombstone(t, "alice", everything())); err != nil {
		t.Fatal(err)
	}
	before := s.Tenant("alice")
	content, err := tenants.Manifest(before)
	if err != nil {
		t.Fatal(err)
	}
	var tenant v1alpha1.Tenant
	if err := yaml.UnmarshalStrict(content, &tenant); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.Spec, tenant.Spec); diff != "" {
		t.Errorf("the spec (-want +got):\n%s", diff)
	}
	for _, noise := range []string{"status", "managedFields", "uid", "resourceVersion", "creationTimestamp", "generation", "annotations"} {
		if strings.Contains(string(content), noise) {
			t.Errorf("the manifest contains %s:\n%s", noise, content)
		}
	}
	if err := s.Platform.Client.Patch(t.Context(), &tenant, client.RawPatch("application/apply-patch+yaml", content), client.FieldOwner("argocd")); err != nil {
		t.Fatal(err)
	}
	if tenant.Generation != before.Generation {
		t.Errorf("generation %d became %d", before.Generation, tenant.Generation)
	}
}
