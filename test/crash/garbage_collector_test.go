package crash_test

import (
	"context"
	"fmt"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The garbage collector leaves the routes of what is deleted in the foreground, as Argo CD does: the operator removes them.
func TestGarbageCollectorLeavesRoutes(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	p.ReadyTenant("alice")
	operator.Kill() // so that the collector alone works on what is deleted
	platform := p.ReadPlatform()
	ingresses := map[string]client.Object{routing.TenantIngressName("alice"): p.Tenant("alice"), routing.PlatformIngressName(platform.Name): platform}
	for ingress, owner := range ingresses {
		if err := p.Client.Delete(t.Context(), owner, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
			t.Fatal(err)
		}
		p.Wait("the garbage collector is done with "+owner.GetName(), func(ctx context.Context) error {
			err := p.Client.Get(ctx, client.ObjectKeyFromObject(owner), owner)
			if err == nil && (len(owner.GetFinalizers()) != 1 || owner.GetFinalizers()[0] != v1alpha1.Finalizer) {
				err = fmt.Errorf("it has the finalizers %v", owner.GetFinalizers())
			}
			return err
		})
		if err := p.Client.Get(t.Context(), p.Key(ingress), &networkingv1.Ingress{}); err != nil {
			t.Errorf("read the Ingress of %s: %v", owner.GetName(), err)
		}
	}
	p.StartOperator()
	for ingress := range ingresses {
		p.Wait(ingress+" is gone", func(ctx context.Context) error {
			err := p.Client.Get(ctx, p.Key(ingress), &networkingv1.Ingress{})
			if apierrors.IsNotFound(err) {
				return nil
			}
			return fmt.Errorf("it still exists: %w", err)
		})
	}
}
