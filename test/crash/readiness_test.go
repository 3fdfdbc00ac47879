package crash_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// An operator that lacks a permission, such as one of a new version, is not ready, so that an upgrade does not stop those that work.
// An operator that waits for the leadership is ready, and an operator that has run remains ready.
func TestOperatorWithoutPermission(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	working := p.StartOperator("--leader-elect")
	p.WaitReady()
	waiting := p.StartOperator("--leader-elect")
	for _, operator := range []*stack.Operator{working, waiting} {
		p.Wait("the operator is ready", operator.Ready)
	}
	rules := setRules(t, p, nil)
	failing := p.StartOperator("--leader-elect")
	p.Wait("the new operator could not run its controllers", func(context.Context) error {
		if !strings.Contains(p.Logs(), "The controllers have ended and are started again") {
			return errors.New("it does not")
		}
		return nil
	})
	if err := failing.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "The controllers have not run yet") {
		t.Errorf("the operator without permissions: %v", err)
	}
	if err := working.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	setRules(t, p, rules)
	p.Wait("the new operator is ready", failing.Ready)
}

// setRules replaces the rules of the operator's Role, and returns the former ones.
func setRules(t *testing.T, p *stack.Platform, rules []rbacv1.PolicyRule) (former []rbacv1.PolicyRule) {
	t.Helper()
	var role rbacv1.Role
	if err := p.Client.Get(t.Context(), p.Key("echoblogs-operator"), &role); err != nil {
		t.Fatal(err)
	}
	former, role.Rules = role.Rules, rules
	if err := p.Client.Update(t.Context(), &role); err != nil {
		t.Fatal(err)
	}
	return former
}
