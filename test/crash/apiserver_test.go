package crash_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

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

func doesNotLead(ctx context.Context, operator *stack.Operator) error {
	does, err := operator.Leads(ctx)
	if err == nil && does {
		err = errors.New("it leads")
	}
	return err
}
