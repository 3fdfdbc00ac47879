package controllers_test

import (
	"context"
	"fmt"
	"strings"
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
	p.EditTenant("alice", operatortest.Annotate(v1alpha1.AnnotationOnMissing, "Create"))
	p.waitInvalid("alice", `The annotation tenancy.echoblogs.io/on-missing-schema has the value "Create": it is not Recreate. Remove the annotation.`)
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Annotations = nil })
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
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

// waitInvalid waits until a Tenant is Stalled on an annotation, with a text in the message.
func (p *platform) waitInvalid(name, text string) {
	p.T.Helper()
	p.Wait(name+" is Stalled on its annotation", func(context.Context) error {
		stalled := meta.FindStatusCondition(p.Tenant(name).Status.Conditions, v1alpha1.ConditionStalled)
		if stalled == nil || stalled.Reason != v1alpha1.ReasonAnnotationInvalid || !strings.Contains(stalled.Message, text) {
			return fmt.Errorf("Stalled is %+v, want %q", stalled, text)
		}
		return nil
	})
}
