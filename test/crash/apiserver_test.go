package crash_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// An operator that starts without the API server, or loses the leadership because it is unavailable, continues in the same process.
func TestOperatorOutlivesTheAPIServer(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	api := p.ProxyAPIServer()
	api.Cut()
	operator := p.StartOperator("--leader-elect")
	p.Wait("the operator has not found the API server", func(ctx context.Context) error { return doesNotLead(ctx, operator) })
	api.Restore()
	p.WaitReady()
	p.StartBlog(0)
	p.CreateTenant("alice")
	p.WaitTenantsReady("alice")

	for i := range 2 {
		api.Cut()
		p.Wait("the operator has lost the leadership", func(ctx context.Context) error { return doesNotLead(ctx, operator) })
		api.Restore()
		name := fmt.Sprintf("after-%d", i)
		p.CreateTenant(name)
		p.WaitTenantsReady(name)
	}
	operator.Kill() // it fails the test if the process has ended before
}

// The gauges of a former leader do not stay: alerts would take them for those of the present one.
func TestFormerLeader(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	operator := p.StartOperator("--leader-elect")
	p.WaitReady()
	p.StartBlog(0)
	p.CreateTenant("alice")
	p.CreateTenant("bob")
	p.WaitTenantsReady("alice", "bob")
	counts := func(ctx context.Context, want float64) error {
		for _, name := range []string{"echoblogs_tenants", "echoblogs_tenants_reconciled"} {
			if sum, _, err := operator.Metric(ctx, name); err != nil || sum != want {
				return fmt.Errorf("%s is %v, error %w", name, sum, err)
			}
		}
		return nil
	}
	p.Wait("the leader counts its Tenants", func(ctx context.Context) error { return counts(ctx, 2) })

	p.Wait("the former leader counts no Tenants", func(ctx context.Context) error {
		if err := takeLease(ctx, p); err != nil { // each time, or it would lead again
			return err
		}
		if err := doesNotLead(ctx, operator); err != nil {
			return err
		}
		for _, name := range []string{"echoblogs_tenants", "echoblogs_registry_orphans", "echoblogs_held_deletions"} {
			if _, series, err := operator.Metric(ctx, name); err != nil || series > 0 {
				return fmt.Errorf("%s has %d series, error %w", name, series, err)
			}
		}
		return counts(ctx, 0)
	})
	p.Wait("it leads again and counts its Tenants", func(ctx context.Context) error { return errors.Join(leads(ctx, operator), counts(ctx, 2)) })
}

// takeLease makes another operator the leader, for as long as its Lease lasts.
func takeLease(ctx context.Context, p *stack.Platform) error {
	var lease coordinationv1.Lease
	if err := p.Client.Get(ctx, p.Key("echoblogs-operator"), &lease); err != nil {
		return err
	}
	now := metav1.NowMicro()
	lease.Spec.HolderIdentity, lease.Spec.AcquireTime, lease.Spec.RenewTime = new("other"), &now, &now
	return p.Client.Update(ctx, &lease)
}

func doesNotLead(ctx context.Context, operator *stack.Operator) error {
	does, err := operator.Leads(ctx)
	if err == nil && does {
		err = errors.New("it leads")
	}
	return err
}
