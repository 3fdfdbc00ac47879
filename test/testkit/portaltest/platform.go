package portaltest

import (
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

// NewSite starts an operator, a blog, and the public site with additional flags.
func NewSite(t *testing.T, flags ...string) (*stack.Platform, *stack.Portal) {
	t.Helper()
	p := NewPlatform(t)
	return p, p.StartPortal(0, append([]string{"--registrations-per-hour=1000", "--refused-registrations-per-hour=1000"}, flags...)...)
}
