package crash_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The next operator completes whatever a killed one left unfinished.
func TestOperatorIsKilledTenTimes(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	h := watchHistory(t, p)
	a := newAuthor(t, p)
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	const kills, created, changed = 10, 10, 25
	for range kills {
		changes := a.plan(created, changed)
		done := make(chan error, 1)
		go func() { done <- changes.run(t.Context()) }()
		// Every change makes the operator write at least once, so it is still working at this point.
		if err := h.awaitWrites(t.Context(), 1+a.random.IntN(len(changes))); err != nil {
			t.Fatal(err)
		}
		operator.Kill()
		operator = p.StartOperator()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	wantAllAsSpecified(t, p, a, h, 1)
}

// The leader is killed while it works, and the other operator takes over.
func TestLeaderIsKilled(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	h := watchHistory(t, p)
	a := newAuthor(t, p)
	operators := []*stack.Operator{p.StartOperator("--leader-elect"), p.StartOperator("--leader-elect")}
	p.WaitReady()
	p.StartBlog(0)
	changes := a.plan(30, 0)
	done := make(chan error, 1)
	go func() { done <- changes.run(t.Context()) }()
	if err := h.awaitWrites(t.Context(), 1+a.random.IntN(len(changes))); err != nil {
		t.Fatal(err)
	}
	leader := wantOneLeader(t, p, operators)
	operators[leader].Kill()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	other := operators[1-leader]
	p.Wait("the other operator leads", func(ctx context.Context) error { return leads(ctx, other) })
	operators[leader] = p.StartOperator("--leader-elect")
	if err := a.plan(10, 30).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantAllAsSpecified(t, p, a, h, 1)
	if operators[wantOneLeader(t, p, operators)] != other {
		t.Error("the restarted operator leads")
	}
}

// The constraints of the database prevent damage by two operators without leader election.
func TestTwoOperatorsWithoutElection(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	h := watchHistory(t, p)
	a := newAuthor(t, p)
	p.StartOperator()
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	for range 3 {
		if err := a.plan(10, 20).run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantAllAsSpecified(t, p, a, h, 2)
}

// wantAllAsSpecified waits for the desired state of all Tenants, and for a doctor that finds no problem.
func wantAllAsSpecified(t *testing.T, p *stack.Platform, a *author, h *history, operators int) {
	t.Helper()
	if err := a.verify(t.Context()); err != nil {
		t.Error(err)
	}
	waitHealthy(p)
	events, err := h.verifyEvents(t.Context(), p, operators)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d Tenants, %d writes of operators, %d events", len(a.tenants), h.writes, events)
}

func leads(ctx context.Context, operator *stack.Operator) error {
	does, err := operator.Leads(ctx)
	if err == nil && !does {
		err = fmt.Errorf("it is not the leader")
	}
	return err
}

// wantOneLeader returns which of the operators leads.
func wantOneLeader(t *testing.T, p *stack.Platform, operators []*stack.Operator) int {
	t.Helper()
	leader := -1
	p.Wait("an operator leads", func(ctx context.Context) error {
		for i, operator := range operators {
			does, err := operator.Leads(ctx)
			switch {
			case err != nil:
				return err
			case does && leader >= 0 && leader != i:
				t.Fatal("two operators lead")
			case does:
				leader = i
			}
		}
		if leader < 0 {
			return fmt.Errorf("there is no leader")
		}
		return nil
	})
	return leader
}
