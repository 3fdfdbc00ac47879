package isolation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The messages of the policy; remedies follow them.
const (
	noSchema   = "the public site may not set a Tenant's schema: "
	noAdoption = "the public site may not adopt a schema: "
	noPlatform = "the public site may not change the Platform of a Tenant: "
)

// editorOf returns a client whose ServiceAccount can edit Tenants in the namespace of the Platform.
func editorOf(t *testing.T, p *stack.Platform, namespace, account string) client.Client {
	t.Helper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, GenerateName: "editor-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "echoblogs-tenant-editor.echoblogs"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}},
	}
	if err := p.Client.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	return p.Impersonate("system:serviceaccount:" + namespace + ":" + account)
}

func TestPortalCannotSetSchemas(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	portal := editorOf(t, p, p.Namespace, "echoblogs-portal")
	stranger := editorOf(t, p, "elsewhere", "echoblogs-portal")
	other := editorOf(t, p, p.Namespace, "echoblogs-portal-2")
	object := func(name string, edit func(*v1alpha1.Tenant)) *v1alpha1.Tenant {
		tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.Namespace}}
		edit(tenant)
		return tenant
	}
	withSchema := func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "legacy" }
	adopting := func(t *v1alpha1.Tenant) {
		metav1.SetMetaDataAnnotation(&t.ObjectMeta, v1alpha1.AnnotationAdoptSchema, "0")
	}
	p.Wait("the policy is in force", func(ctx context.Context) error {
		if err := portal.Create(ctx, object("early", withSchema), client.DryRunAll); !apierrors.IsForbidden(err) {
			return errors.Join(errors.New("the portal is not refused"), err)
		}
		return nil
	})
	if err := p.Client.Create(t.Context(), object("legacy", func(t *v1alpha1.Tenant) { withSchema(t); adopting(t) })); err != nil {
		t.Fatalf("the administrator is refused: %v", err)
	}
	if err := p.Client.Create(t.Context(), object("plain", func(*v1alpha1.Tenant) {})); err != nil {
		t.Fatal(err)
	}

	create := func(edit func(*v1alpha1.Tenant)) func(client.Client) error {
		return func(c client.Client) error { return c.Create(t.Context(), object("new", edit), client.DryRunAll) }
	}
	edit := func(name string, change func(*v1alpha1.Tenant)) func(client.Client) error {
		return func(c client.Client) error {
			var tenant v1alpha1.Tenant
			if err := c.Get(t.Context(), p.Key(name), &tenant); err != nil {
				return err
			}
			before := tenant.DeepCopy()
			change(&tenant)
			return c.Patch(t.Context(), &tenant, client.MergeFrom(before), client.DryRunAll)
		}
	}
	tests := map[string]struct {
		do     func(client.Client) error
		refuse string // the error message for the portal. Empty: it is allowed
	}{
		"creates a plain Tenant": {create(func(*v1alpha1.Tenant) {}), ""},
		"creates with owner and Platform": {create(func(t *v1alpha1.Tenant) {
			t.Spec.Owner = &v1alpha1.TenantOwner{Username: "alice"}
			t.Spec.PlatformRef.Name = v1alpha1.DefaultPlatform
		}), ""},
		"edits what has a schema and an annotation": {edit("legacy", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "New" }), ""},
		"removes a Tenant": {func(c client.Client) error {
			return c.Delete(t.Context(), object("plain", func(*v1alpha1.Tenant) {}), client.DryRunAll)
		}, ""},
		"sets a schema":            {create(withSchema), noSchema},
		"creates with an adoption": {create(adopting), noAdoption},
		"adds an adoption later":   {edit("plain", adopting), noAdoption},
		"adopts another version":   {edit("legacy", func(t *v1alpha1.Tenant) { t.Annotations[v1alpha1.AnnotationAdoptSchema] = "1" }), noAdoption},
		"removes an adoption":      {edit("legacy", func(t *v1alpha1.Tenant) { t.Annotations = nil }), noAdoption},
		"sets the Platform later":  {edit("plain", func(t *v1alpha1.Tenant) { t.Spec.PlatformRef.Name = v1alpha1.DefaultPlatform }), noPlatform},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for who, c := range map[string]client.Client{"the portal": portal, "the portal of another namespace": stranger} {
				err := test.do(c)
				switch {
				case test.refuse == "" && err != nil:
					t.Errorf("%s is refused: %v", who, err)
				case test.refuse != "" && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), test.refuse)):
					t.Errorf("%s: %v, want Forbidden and %q", who, err, test.refuse)
				}
			}
			for who, c := range map[string]client.Client{"another account": other, "the administrator": p.Client} {
				if err := test.do(c); err != nil {
					t.Errorf("%s is refused: %v", who, err)
				}
			}
		})
	}
	// The CRD forbids a change of the Platform to everyone.
	if err := edit("plain", func(t *v1alpha1.Tenant) { t.Spec.PlatformRef.Name = "another" })(portal); !apierrors.IsInvalid(err) && !apierrors.IsForbidden(err) {
		t.Errorf("the portal moves a Tenant to another Platform: %v", err)
	}
}
