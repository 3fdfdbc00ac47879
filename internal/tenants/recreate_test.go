package tenants_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// managedTenant creates a Tenant with fields of several managers, and returns it.
func managedTenant(s *site, name string) *v1alpha1.Tenant {
	s.t.Helper()
	s.register(name)
	s.apply("argocd", name, `{paidUntil: "2031-01-31", limits: {posts: 3}, customDomains: [www.`+name+`.org]}`)
	s.ApplyTenant("flux", "apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Tenant\nmetadata: {name: "+name+", labels: {team: a}, annotations: {example.com/any: value}}\nspec: {customDomains: [b."+name+".org]}")
	s.patchAs("kubectl-edit", name, `{"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "`+v1alpha1.AnnotationDeletion+`": "Cancelled"}}, "spec": {"displayName": "Alice"}}`)
	s.setPhase(name, v1alpha1.TenantActive)
	return s.Tenant(name)
}

func (s *site) patchAs(manager, name, patch string) {
	s.t.Helper()
	if err := s.Platform.Client.Patch(s.t.Context(), s.Tenant(name), client.RawPatch(types.MergePatchType, []byte(patch)), client.FieldOwner(manager)); err != nil {
		s.t.Fatal(err)
	}
}

// lose deletes a Tenant without an operator.
func (s *site) lose(name string) {
	s.t.Helper()
	s.EditTenant(name, func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	if err := s.Platform.Client.Delete(s.t.Context(), s.Tenant(name)); err != nil {
		s.t.Fatal(err)
	}
	s.WaitGone(name)
}

// wantRecreated fails the test unless a Tenant is as it was before, with the row of a UID.
func wantRecreated(s *site, before *v1alpha1.Tenant, uid string) {
	s.t.Helper()
	want, err := desired.Authored(before)
	if err != nil {
		s.t.Fatal(err)
	}
	live := s.Tenant(before.Name)
	got, err := desired.Authored(live)
	if err != nil {
		s.t.Fatal(err)
	}
	delete(want.Annotations, v1alpha1.AnnotationRegistration)
	delete(want.Annotations, v1alpha1.AnnotationDeletion)
	want.Annotations[v1alpha1.AnnotationAdoptOrphan] = uid
	lost := fieldpath.NewSet(
		fieldpath.MakePathOrDie("metadata", "annotations", v1alpha1.AnnotationRegistration), fieldpath.MakePathOrDie("metadata", "annotations", v1alpha1.AnnotationDeletion),
	)
	managers := func(tenant *v1alpha1.Tenant) map[string]string {
		fields := map[string]string{}
		for _, entry := range tenant.ManagedFields {
			var decoded fieldpath.Set
			if err := decoded.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())); err != nil {
				s.t.Fatal(err)
			}
			if entry.Manager != "echoblogs-recreate" {
				fields[entry.Manager+" "+string(entry.Operation)] = decoded.Difference(lost).String()
			}
		}
		return fields
	}
	if diff := cmp.Diff(managers(want), managers(got)); diff != "" {
		s.t.Errorf("%s has other field managers (-want +got):\n%s", before.Name, diff)
	}
	want.ManagedFields, got.ManagedFields = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s is another (-want +got):\n%s", before.Name, diff)
	}
	if len(live.Finalizers) != 1 || live.Status.Phase != "" {
		s.t.Errorf("%s has the finalizers %v and the phase %q", before.Name, live.Finalizers, live.Status.Phase)
	}
}

// A Tenant that is gone is created again with all that its authors have said, each field under the manager that had it.
func TestRecreate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := managedTenant(s, "alice")
	s.lose("alice")
	if err := tenants.Recreate(t.Context(), s.Platform.Client, before, "c0ffee"); err != nil {
		t.Fatal(err)
	}
	wantRecreated(s, before, "c0ffee")
	after := s.Tenant("alice")
	if err := tenants.Recreate(t.Context(), s.Platform.Client, before, "c0ffee"); err != nil {
		t.Errorf("the second call: %v", err)
	}
	if again := s.Tenant("alice"); again.ResourceVersion != after.ResourceVersion {
		t.Error("the second call changed the Tenant")
	}

	// Those who manage it go on, and those whose fields are another's are still refused.
	s.apply("argocd", "alice", `{paidUntil: "2032-01-31", limits: {posts: 4}, customDomains: [www.alice.org]}`)
	_, err := s.Client.Edit(t.Context(), changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.PaidUntil = "2033-01-31" }))
	var owned *tenants.FieldOwnedError
	if !errors.As(err, &owned) || owned.Fields[0].Manager != "argocd" {
		t.Errorf("an edit of the field of another manager: %v", err)
	}

	// It can be lost again, and be created from what the registry keeps.
	before = s.Tenant("alice")
	object, err := desired.Object(before)
	if err != nil {
		t.Fatal(err)
	}
	kept := &v1alpha1.Tenant{}
	if err := json.Unmarshal(object.JSON, kept); err != nil {
		t.Fatal(err)
	}
	kept.Namespace = s.Platform.Namespace
	s.lose("alice")
	if err := tenants.Recreate(t.Context(), s.Platform.Client, kept, "c0de"); err != nil {
		t.Fatal(err)
	}
	wantRecreated(s, before, "c0de")
}

// dying is a client that makes a number of writes and then no more.
type dying struct {
	client.Client
	left int
}

var errDied = errors.New("died")

func (d *dying) write(do func() error) error {
	if d.left == 0 {
		return errDied
	}
	d.left--
	return do()
}

func (d *dying) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	return d.write(func() error { return d.Client.Create(ctx, o, opts...) })
}

func (d *dying) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.PatchOption) error {
	return d.write(func() error { return d.Client.Patch(ctx, o, p, opts...) })
}

// A call that dies after its first write is completed by the next, also if the registry has kept what was there, and if others
// have written meanwhile.
func TestRecreateIsCompleted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice, bob := managedTenant(s, "alice"), managedTenant(s, "bob")
	for _, before := range []*v1alpha1.Tenant{alice, bob} {
		s.lose(before.Name)
		if err := tenants.Recreate(t.Context(), &dying{s.Platform.Client, 1}, before, "c0ffee"); !errors.Is(err, errDied) {
			t.Fatal(err)
		}
	}
	interim := s.Tenant("alice")
	s.setPhase("alice", "")
	if err := tenants.Recreate(t.Context(), s.Platform.Client, interim, string(interim.UID)); err != nil {
		t.Fatal(err)
	}
	wantRecreated(s, alice, "c0ffee")

	interim = s.Tenant("bob")
	s.lose("bob")
	if err := tenants.Recreate(t.Context(), s.Platform.Client, interim, "c0de"); err != nil {
		t.Fatal(err)
	}
	wantRecreated(s, bob, "c0de")
}

// A Tenant that exists keeps what it has. One that waits for a row gets it.
func TestRecreateChangesNoOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	gone := managedTenant(s, "alice")
	s.lose("alice")
	s.CreateTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Another" })
	other := s.Tenant("alice")
	if err := tenants.Recreate(t.Context(), s.Platform.Client, gone, "c0ffee"); !errors.Is(err, tenants.ErrExists) {
		t.Errorf("a Tenant exists: %v", err)
	}
	if after := s.Tenant("alice"); after.ResourceVersion != other.ResourceVersion {
		t.Errorf("it was changed: %+v", after)
	}
	meta.SetStatusCondition(&other.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonOrphanExists})
	if err := s.Platform.Client.Status().Update(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := tenants.Recreate(t.Context(), s.Platform.Client, gone, "c0ffee"); err != nil {
		t.Errorf("a Tenant waits for the row: %v", err)
	}
	if after := s.Tenant("alice"); after.Annotations[v1alpha1.AnnotationAdoptOrphan] != "c0ffee" || after.Spec.DisplayName != "Another" {
		t.Errorf("it is %+v", after)
	}
	s.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Finalizers = []string{v1alpha1.Finalizer} })
	s.EditTenant("alice", operatortest.Annotate(v1alpha1.AnnotationAdoptOrphan, "another"))
	if err := s.Platform.Client.Delete(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := tenants.Recreate(t.Context(), s.Platform.Client, gone, "c0ffee"); !errors.Is(err, tenants.ErrDeleting) {
		t.Errorf("a Tenant is being deleted: %v", err)
	}
	s.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	s.WaitGone("alice")
	broken := gone.DeepCopy()
	broken.Spec.DisplayName = string(make([]byte, 200))
	var invalid *tenants.InvalidError
	if err := tenants.Recreate(t.Context(), s.Platform.Client, broken, "c0ffee"); !errors.As(err, &invalid) {
		t.Errorf("a spec that breaks a rule: %v", err)
	}
	if err := s.Platform.Client.Get(t.Context(), client.ObjectKeyFromObject(gone), gone); !apierrors.IsNotFound(err) {
		t.Errorf("it was created: %v", err)
	}
}
