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

// The administrator of a namespace cannot take a database from another installation, and can undo the request.
func TestWhoMayTakeOver(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.CreateObject(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "editor"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "echoblogs-platform-editor.echoblogs"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: p.Namespace, Name: "editor"}},
	})
	editor := p.Impersonate("system:serviceaccount:" + p.Namespace + ":editor")
	change := func(c client.Client, edit func(*v1alpha1.Platform), options ...client.PatchOption) error {
		platform := p.ReadPlatform()
		before := platform.DeepCopy()
		edit(platform)
		return c.Patch(t.Context(), platform, client.MergeFrom(before), options...)
	}
	takeOver := func(p *v1alpha1.Platform) {
		metav1.SetMetaDataAnnotation(&p.ObjectMeta, v1alpha1.AnnotationTakeOver, "c0ffee")
	}
	p.Wait("the policy is in force", func(context.Context) error {
		err := change(editor, takeOver, client.DryRunAll)
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "only those who may update platforms/finalizers may take over a database") {
			return errors.Join(errors.New("the editor of Platforms is not refused"), err)
		}
		return nil
	})
	create := p.ReadPlatform()
	create.ObjectMeta = metav1.ObjectMeta{Namespace: p.Namespace, Name: "other", Annotations: map[string]string{v1alpha1.AnnotationTakeOver: "c0ffee"}}
	if err := editor.Create(t.Context(), create, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("a Platform is created with the annotation: %v", err)
	}
	if err := change(editor, func(p *v1alpha1.Platform) { p.Spec.Contact = "mailto:help@example.com" }); err != nil {
		t.Errorf("another edit is refused: %v", err)
	}
	if err := change(p.Client, takeOver); err != nil {
		t.Fatalf("an administrator of the cluster is refused: %v", err)
	}
	if err := change(editor, func(p *v1alpha1.Platform) { delete(p.Annotations, v1alpha1.AnnotationTakeOver) }); err != nil {
		t.Errorf("the annotation cannot be removed: %v", err)
	}
}
