package controllers_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// What someone writes into a status is put back, under the field manager of the operator.
func TestEditedStatusIsPutBack(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	tenant := p.ReadyTenant("alice")
	want := tenant.Status.DeepCopy()
	edited := tenant.DeepCopy()
	edited.Status.Phase, edited.Status.URL, edited.Status.Hosts = v1alpha1.TenantFailed, "http://evil.example.com", nil
	for i := range edited.Status.Conditions {
		edited.Status.Conditions[i].Message = "Edited."
	}
	p.editStatus(tenant, edited)
	p.Wait("the status of the Tenant is put back", func(context.Context) error {
		if diff := cmp.Diff(*want, p.Tenant("alice").Status); diff != "" {
			return errors.New(diff)
		}
		return nil
	})
	platform := p.ReadPlatform()
	message := meta.FindStatusCondition(platform.Status.Conditions, v1alpha1.ConditionRouteReady).Message
	other := platform.DeepCopy()
	meta.FindStatusCondition(other.Status.Conditions, v1alpha1.ConditionRouteReady).Message = "Edited."
	p.editStatus(platform, other)
	p.Wait("the status of the Platform is put back", func(context.Context) error {
		if got := meta.FindStatusCondition(p.ReadPlatform().Status.Conditions, v1alpha1.ConditionRouteReady).Message; got != message {
			return errors.New(got)
		}
		return nil
	})
	for _, object := range []client.Object{p.Tenant("alice"), p.ReadPlatform()} {
		for _, entry := range object.GetManagedFields() {
			if entry.Manager != "echoblogs-operator" && entry.Manager != "kubectl-edit" && entry.Subresource == "status" {
				t.Errorf("the status of %s has the manager %s", object.GetName(), entry.Manager)
			}
		}
	}
}

// The conditions of a Tenant without a route say so, while its end waits for the database.
func TestConditionsOfAnEnd(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.AsAdministrator(`ALTER SCHEMA alice OWNER TO CURRENT_USER`)
	if err := p.Delete(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{v1alpha1.ConditionRouteReady, v1alpha1.ConditionServing} {
		p.WaitCondition("alice", kind, metav1.ConditionFalse, v1alpha1.ReasonTerminating)
	}
	p.WantNoIngress("alice")
}

func (p *platform) editStatus(before, after client.Object) {
	p.T.Helper()
	if err := p.Client.Status().Patch(p.T.Context(), after, client.MergeFrom(before), client.FieldOwner("kubectl-edit")); err != nil {
		p.T.Fatal(err)
	}
}
