package portaltest

import (
	"context"
	"fmt"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// NewPlatform starts an operator and a blog.
func NewPlatform(t *testing.T) *stack.Platform {
	t.Helper()
	p := stack.New(t)
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	return p
}

// NewSite starts an operator, a blog and the public site, with further flags for the latter.
func NewSite(t *testing.T, flags ...string) (*stack.Platform, *stack.Portal) {
	t.Helper()
	p := NewPlatform(t)
	return p, p.StartPortal(0, append([]string{"--registrations-per-hour=1000", "--refused-registrations-per-hour=1000"}, flags...)...)
}

// WaitCount waits until a query returns a number.
func WaitCount(p *stack.Platform, what string, want int, sql string, arguments ...any) {
	p.Wait(what, func(ctx context.Context) error {
		var n int
		if err := p.Admin.QueryRow(ctx, sql, arguments...).Scan(&n); err != nil {
			return err
		}
		if n != want {
			return fmt.Errorf("%s: %d, want %d", sql, n, want)
		}
		return nil
	})
}

// Count runs a query that returns one number.
func Count(t *testing.T, p *stack.Platform, sql string, arguments ...any) (n int) {
	t.Helper()
	if err := p.Admin.QueryRow(t.Context(), sql, arguments...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
