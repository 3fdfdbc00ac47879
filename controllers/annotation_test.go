package controllers_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func TestAnnotationWithoutMeaning(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	for annotation, value := range map[string]string{v1alpha1.AnnotationOnTombstone: "restore", v1alpha1.AnnotationOnMissing: "Create"} {
		p.EditTenant("alice", operatortest.Annotate(annotation, value))
		stalled := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonAnnotationInvalid)
		want := "The annotation " + annotation + ` has the value "` + value + `". Remove the annotation. ` +
			"tenancy.echoblogs.io/on-tombstone can be Restore or Fresh, tenancy.echoblogs.io/on-missing-schema can be Recreate."
		if got := meta.FindStatusCondition(stalled.Status.Conditions, v1alpha1.ConditionStalled).Message; got != want {
			t.Errorf("the message is %q, want %q", got, want)
		}
		p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Annotations = nil })
		p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	}
	// It does not keep a suspension from being written.
	p.EditTenant("alice", func(t *v1alpha1.Tenant) {
		operatortest.Annotate(v1alpha1.AnnotationOnMissing, "Create")(t)
		t.Spec.Suspended = new(true)
	})
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonAnnotationInvalid)
	if suspended := query[bool](p, `SELECT suspend_at = '-infinity' FROM public.tenants WHERE name = 'alice'`); !suspended {
		t.Error("the suspension is not in the registry")
	}
}

func TestAnnotationWithoutMeaningBesideATombstone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.DeleteTenants("alice")
	p.CreateTenant("alice", operatortest.Annotate(v1alpha1.AnnotationOnTombstone, "Restored"))
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonAnnotationInvalid)
}
