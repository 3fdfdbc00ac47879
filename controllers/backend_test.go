package controllers_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// newBackend returns a Platform whose backend is checked often, through a proxy.
func newBackend(t *testing.T) (*operatortest.Platform, *faultproxy.Proxy) {
	t.Helper()
	p := operatortest.NewNamespace(t)
	proxy, through := faultproxy.New(t, "http://"+p.Backend)
	address, err := url.Parse(through)
	if err != nil {
		t.Fatal(err)
	}
	p.Backend, p.BackendInterval = address.Host, 100*time.Millisecond
	p.Start()
	return p, proxy
}

// wantBackend waits until the condition BackendReady has a status, and the metric its value.
func wantBackend(p *operatortest.Platform, status metav1.ConditionStatus) {
	p.T.Helper()
	p.Wait("BackendReady is "+string(status), func(context.Context) error {
		found := meta.FindStatusCondition(p.ReadPlatform().Status.Conditions, v1alpha1.ConditionBackendReady)
		if found == nil || found.Status != status {
			return fmt.Errorf("it is %v", found)
		}
		want, known := map[metav1.ConditionStatus]float64{metav1.ConditionTrue: 1, metav1.ConditionFalse: 0}[status]
		if value, ok := gauge(p, "echoblogs_backend_ready", ""); ok != known || value != want {
			return fmt.Errorf("the metric is %g, %t", value, ok)
		}
		return nil
	})
}

// A backend that fails after its Tenants were Ready, and comes back, is noticed without a change of any of them.
func TestBackendFails(t *testing.T) {
	t.Parallel()
	p, proxy := newBackend(t)
	names := []string{"alice", "bob", "carol", "dave", "erin"}
	for _, name := range names {
		p.CreateTenant(name)
	}
	p.WaitTenantsReady(names...)
	wantBackend(p, metav1.ConditionTrue)

	proxy.Cut()
	wantBackend(p, metav1.ConditionFalse)
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonBackendUnavailable)
	for _, name := range names {
		p.WaitCondition(name, v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)
	}
	p.CreateTenant("late")
	p.WaitCondition("late", v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)

	proxy.Restore()
	wantBackend(p, metav1.ConditionTrue)
	p.WaitTenantsReady(append(names, "late")...)
	p.WaitReady()
}

// A backend that has one Tenant is still told apart from one that does not answer.
func TestBackendOfOneTenantFails(t *testing.T) {
	t.Parallel()
	p, proxy := newBackend(t)
	p.CreateTenant("alice")
	p.WaitTenantsReady("alice")
	proxy.Cut()
	wantBackend(p, metav1.ConditionFalse)
	proxy.Restore()
	p.WaitTenantsReady("alice")

	// Without a Tenant, nothing says any more that the backend fails.
	proxy.Cut()
	wantBackend(p, metav1.ConditionFalse)
	p.DeleteTenants("alice")
	wantBackend(p, metav1.ConditionUnknown)
	p.WaitReady()
}

// If the backend answers for others, only the Tenant that it does not answer for is not Serving.
func TestBackendFailsForOneTenant(t *testing.T) {
	t.Parallel()
	p, _ := newBackend(t)
	for _, name := range []string{"alice", "bob", "carol"} {
		p.CreateTenant(name)
	}
	p.WaitTenantsReady("alice", "bob", "carol")
	p.Exec(`REVOKE SELECT ON alice.posts FROM echoblogs_blog`)
	p.WaitCondition("alice", v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)
	wantBackend(p, metav1.ConditionTrue)
	p.WaitCondition("bob", v1alpha1.ConditionServing, metav1.ConditionTrue, "")
	p.Exec(`GRANT SELECT ON alice.posts TO echoblogs_blog`)
	p.WaitTenantsReady("alice")
}
