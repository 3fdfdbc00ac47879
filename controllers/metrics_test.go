package controllers_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// gauge returns the value of a metric of a Platform, for one phase or without phases. It reports whether there is one.
func gauge(p *operatortest.Platform, name, phase string) (value float64, ok bool) {
	p.T.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		p.T.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, series := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range series.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if labels["namespace"] == p.Namespace && labels["platform"] == "default" && labels["phase"] == phase {
				return series.GetGauge().GetValue(), true
			}
		}
	}
	return 0, false
}

// waitGauge waits until a metric of the Platform is in a range.
func waitGauge(p *operatortest.Platform, name, phase string, least, most float64) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s of %q is %g to %g", name, phase, least, most), func(context.Context) error {
		if value, ok := gauge(p, name, phase); !ok || value < least || value > most {
			return fmt.Errorf("it is %g, %t", value, ok)
		}
		return nil
	})
}

// The alert about Tenants that are stuck is about one of them: others that are created all the time do not set it off, nor does
// a deletion that waits for a decision.
func TestLongestWaits(t *testing.T) {
	t.Parallel()
	const longest = "echoblogs_tenants_longest_wait_seconds"
	p, proxy := newBackend(t)
	proxy.Cut()
	p.CreateTenant("alice")
	p.WaitCondition("alice", v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)
	p.Clock.SetTime(p.Clock.Now().Add(20 * time.Minute))
	p.CreateTenant("bob")
	p.WaitCondition("bob", v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)
	waitGauge(p, "echoblogs_tenants", "Provisioning", 2, 2)
	waitGauge(p, longest, "Provisioning", 1200, 1300)
	p.EditTenant("alice", decided(v1alpha1.DeletionApproved)) // so that it does not count
	p.DeleteTenants("alice")
	waitGauge(p, longest, "Provisioning", 0, 100)
	proxy.Restore()
	p.CreateTenant("carol")
	p.WaitTenantsReady("bob", "carol")
	waitGauge(p, longest, "Provisioning", 0, 0)

	p.EditPlatform(maxDeletions(1))
	p.DeleteTenants("carol")
	p.WaitGone("carol")
	p.EditTenant("bob", decided("Perhaps"))
	if err := p.Client.Delete(t.Context(), p.Tenant("bob")); err != nil {
		t.Fatal(err)
	}
	waitGauge(p, longest, "Terminating", 1000, 1300)
	p.EditTenant("bob", func(t *v1alpha1.Tenant) { t.Annotations = nil })
	waitGauge(p, "echoblogs_held_deletions", "", 1, 1)
	waitGauge(p, longest, "Terminating", 0, 0)
}
