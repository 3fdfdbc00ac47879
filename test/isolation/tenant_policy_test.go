package isolation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The rows of the table "who may set what" in docs/security.md.
func TestWhoMaySetWhat(t *testing.T) {
	t.Parallel()
	const (
		finalizers   = "only those who may update tenants/finalizers may change the finalizers of a Tenant"
		owner        = "a Tenant may not have an owner"
		registration = "only the public site may set the annotation tenancy.echoblogs.io/registration"
		adoption     = "the public site may not adopt a schema"
		orphan       = "only those who may update tenants/finalizers may set the annotation tenancy.echoblogs.io/adopt-orphan"
		deletion     = "only those who may update tenants/finalizers may set the annotation tenancy.echoblogs.io/deletion"
		recreation   = "the public site may not recreate a missing schema"
	)
	p := stack.New(t)
	people := map[string]client.Client{
		"author":            editorOf(t, p, p.Namespace, "author"),
		"portal":            p.Impersonate("system:serviceaccount:" + p.Namespace + ":echoblogs-portal"),
		"portal from afar":  editorOf(t, p, "elsewhere", "echoblogs-portal"),
		"operator":          p.Impersonate("system:serviceaccount:" + p.Namespace + ":echoblogs-operator"),
		"garbage collector": p.Impersonate("system:serviceaccount:kube-system:generic-garbage-collector"),
		"administrator":     p.Client,
		"finalizing editor": finalizingEditor(t, p),
	}
	annotated := func(key, value string) func(*v1alpha1.Tenant) {
		return func(t *v1alpha1.Tenant) { metav1.SetMetaDataAnnotation(&t.ObjectMeta, key, value) }
	}
	finalized := func(names ...string) func(*v1alpha1.Tenant) {
		return func(t *v1alpha1.Tenant) { t.Finalizers = names }
	}
	owned := func(t *v1alpha1.Tenant) {
		t.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "1"}}
	}
	if err := p.Client.Create(t.Context(), policyTenant("plain", p, finalized(v1alpha1.Finalizer))); err != nil {
		t.Fatal(err)
	}
	create := func(edit func(*v1alpha1.Tenant)) func(client.Client) error {
		return func(c client.Client) error {
			return c.Create(t.Context(), policyTenant("new", p, edit), client.DryRunAll)
		}
	}
	change := func(edit func(*v1alpha1.Tenant)) func(client.Client) error {
		return func(c client.Client) error {
			var tenant v1alpha1.Tenant
			if err := p.Client.Get(t.Context(), p.Key("plain"), &tenant); err != nil {
				return err
			}
			before := tenant.DeepCopy()
			edit(&tenant)
			return c.Patch(t.Context(), &tenant, client.MergeFrom(before), client.DryRunAll)
		}
	}
	p.Wait("the policy is in force", func(context.Context) error {
		if err := create(owned)(p.Client); !apierrors.IsForbidden(err) {
			return errors.Join(errors.New("an owner is not refused"), err)
		}
		return nil
	})
	tests := map[string]struct {
		do      func(client.Client) error
		refused map[string]string // the messages, by who is refused
		allowed []string
	}{
		"creates with our finalizer": {create(finalized(v1alpha1.Finalizer)),
			map[string]string{"author": finalizers, "portal from afar": finalizers}, []string{"portal", "finalizing editor", "administrator"}},
		"creates with another finalizer": {create(finalized("example.com/mine")),
			map[string]string{"author": finalizers, "portal": finalizers}, []string{"finalizing editor", "administrator"}},
		"creates with ours and another": {create(finalized(v1alpha1.Finalizer, "example.com/mine")),
			map[string]string{"author": finalizers, "portal": finalizers}, []string{"administrator"}},
		"removes our finalizer": {change(finalized()),
			map[string]string{"author": finalizers, "portal": finalizers}, []string{"operator", "garbage collector", "finalizing editor", "administrator"}},
		"adds a finalizer": {change(finalized(v1alpha1.Finalizer, "example.com/mine")),
			map[string]string{"author": finalizers, "portal": finalizers}, []string{"operator", "garbage collector", "administrator"}},
		"creates with an owner": {create(owned), map[string]string{"author": owner, "portal": owner, "administrator": owner, "finalizing editor": owner}, nil},
		"adds an owner":         {change(owned), map[string]string{"author": owner, "portal": owner, "administrator": owner, "operator": owner, "garbage collector": owner}, nil},
		"creates as a registration": {create(annotated(v1alpha1.AnnotationRegistration, "1")),
			map[string]string{"author": registration, "administrator": registration, "portal from afar": registration}, []string{"portal"}},
		"becomes a registration": {change(annotated(v1alpha1.AnnotationRegistration, "1")),
			map[string]string{"author": registration, "administrator": registration, "operator": registration}, []string{"portal"}},
		"adopts": {create(annotated(v1alpha1.AnnotationAdoptSchema, "0")),
			map[string]string{"portal": adoption, "portal from afar": adoption}, []string{"author", "administrator"}},
		"recreates a schema": {change(annotated(v1alpha1.AnnotationOnMissing, v1alpha1.OnMissingRecreate)),
			map[string]string{"portal": recreation, "portal from afar": recreation}, []string{"author", "administrator"}},
		"adopts an orphan": {change(annotated(v1alpha1.AnnotationAdoptOrphan, "1")),
			map[string]string{"author": orphan, "portal from afar": orphan}, []string{"portal", "operator", "finalizing editor", "administrator"}},
		"decides about a deletion": {change(annotated(v1alpha1.AnnotationDeletion, v1alpha1.DeletionApproved)),
			map[string]string{"author": deletion, "portal from afar": deletion}, []string{"portal", "operator", "finalizing editor", "administrator"}},
		"restores": {create(annotated(v1alpha1.AnnotationOnTombstone, v1alpha1.RestoreTombstone(1))), nil, []string{"author", "portal", "administrator"}},
		"edits the spec": {change(func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "New" }), nil,
			[]string{"author", "portal", "administrator", "garbage collector"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for who, message := range test.refused {
				if err := test.do(people[who]); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), message) {
					t.Errorf("the %s: %v, want Forbidden and %q", who, err, message)
				}
			}
			for _, who := range test.allowed {
				if err := test.do(people[who]); err != nil {
					t.Errorf("the %s is refused: %v", who, err)
				}
			}
		})
	}
}

// finalizingEditor returns a client of an account that can edit Tenants and update their finalizers.
func finalizingEditor(t *testing.T, p *stack.Platform) client.Client {
	t.Helper()
	p.CreateObject(&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "finalizer"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"tenants/finalizers"}, Verbs: []string{"update"}},
	}})
	p.CreateObject(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "finalizer"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "finalizer"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: p.Namespace, Name: "finalizing"}},
	})
	return editorOf(t, p, p.Namespace, "finalizing")
}

func policyTenant(name string, p *stack.Platform, edit func(*v1alpha1.Tenant)) *v1alpha1.Tenant {
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.Namespace}}
	edit(tenant)
	return tenant
}

// The garbage collector ends a deletion in the foreground.
func TestGarbageCollectorPassesThePolicy(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.StartOperator()
	if err := p.Create(t.Context(), policyTenant("alice", p, func(*v1alpha1.Tenant) {})); err != nil {
		t.Fatal(err)
	}
	p.Wait("the operator has added its finalizer", func(ctx context.Context) error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(ctx, p.Key("alice"), &tenant); err != nil {
			return err
		}
		if len(tenant.Finalizers) == 0 {
			return errors.New("it has none")
		}
		return nil
	})
	foreground := client.PropagationPolicy(metav1.DeletePropagationForeground)
	if err := p.Client.Delete(t.Context(), policyTenant("alice", p, func(*v1alpha1.Tenant) {}), foreground); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Error(err)
	}
}

// The namespace controller deletes what a deleted namespace holds.
func TestNamespaceControllerPassesThePolicy(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	if err := p.Create(t.Context(), policyTenant("alice", p, func(*v1alpha1.Tenant) {})); err != nil {
		t.Fatal(err)
	}
	if err := p.Client.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Namespace}}); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Error(err)
	}
}
