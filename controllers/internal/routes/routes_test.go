package routes_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/routes"
)

// ingress is an ingress controller that routes to all hosts from a time on.
type ingress struct {
	// from is when it routes, and silentUntil when it begins to answer.
	from, silentUntil time.Time

	mu       sync.Mutex
	asked    map[string]int // by address
	inFlight int
	most     int // that were in flight at once
}

const timeout = 3 * time.Second

func (g *ingress) Route(_ context.Context, address string, _ bool, _ probe.Target) (failure string, silent bool) {
	g.mu.Lock()
	g.asked[address]++
	g.inFlight++
	g.most = max(g.most, g.inFlight)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.inFlight--
		g.mu.Unlock()
	}()
	switch {
	case address != "other:80" && time.Now().Before(g.silentUntil):
		time.Sleep(timeout) // of the bubble's clock
		return "It does not answer.", true
	case time.Now().Before(g.from):
		return "It does not route.", false
	}
	return "", false
}

// requests returns how many requests an address has got.
func (g *ingress) requests(address string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[address]
}

// mostAtOnce returns how many requests were in flight at once.
func (g *ingress) mostAtOnce() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.most
}

// bench runs Checks with an ingress controller in a bubble.
type bench struct {
	*routes.Checks
	ingress *ingress
	mu      sync.Mutex
	reached map[types.NamespacedName]time.Time
	answers map[types.NamespacedName]int
}

// answersOf returns how often a Tenant was requeued.
func (b *bench) answersOf(tenant types.NamespacedName) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answers[tenant]
}

func run(t *testing.T, g *ingress) *bench {
	t.Helper()
	g.asked = map[string]int{}
	b := &bench{ingress: g, reached: map[types.NamespacedName]time.Time{}, answers: map[types.NamespacedName]int{}}
	b.Checks = routes.New(g, func(_ context.Context, key types.NamespacedName) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.answers[key]++
		if failure, known := b.Check(key, route(key.Name, addressOf(key)), false); known && failure == "" {
			b.reached[key] = time.Now()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return b
}

func route(name, address string) routes.Route {
	return routes.Route{Address: address, Targets: []probe.Target{{Host: name + ".example.com", Tenant: name}}}
}

func addressOf(key types.NamespacedName) string { return key.Namespace + ":80" }

// begin requests the check of a Tenant's route. The namespace is the host of the address.
func (b *bench) begin(namespace, name string) types.NamespacedName {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	b.Check(key, route(name, addressOf(key)), false)
	return key
}

func (b *bench) wantReached(t *testing.T, key types.NamespacedName, from time.Time, within time.Duration) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	at, ok := b.reached[key]
	if took := at.Sub(from); !ok || took > within {
		t.Errorf("%s was reached after %v (%t), want at most %v", key, took, ok, within)
	}
}

func TestRouteIsReachedSoon(t *testing.T) {
	t.Parallel()
	for _, lag := range []time.Duration{0, 40 * time.Millisecond, 7 * time.Second, 29 * time.Second, 59 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			from := time.Now().Add(lag)
			b := run(t, &ingress{from: from})
			alice := b.begin("a", "alice")
			time.Sleep(lag + time.Second)
			b.wantReached(t, alice, from, 510*time.Millisecond)
			if asked := b.ingress.requests("a:80"); asked > 10+2*int(lag/time.Second) {
				t.Errorf("after %v it was asked for %d times", lag, asked)
			}
		})
	}
}

// A host that is never routed, such as one for which the ingress controller asks for a password, costs a request in 30 s, and no
// reconcile.
func TestRequestsBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := run(t, &ingress{from: time.Now().Add(24 * time.Hour)})
		alice := b.begin("a", "alice")
		time.Sleep(2 * time.Hour)
		before := b.ingress.requests("a:80")
		time.Sleep(time.Hour)
		if asked := b.ingress.requests("a:80") - before; asked < 110 || asked > 121 {
			t.Errorf("it was asked for %d times in an hour, want 120", asked)
		}
		if answers := b.answersOf(alice); answers != 1 {
			t.Errorf("the Tenant was requeued %d times, want once", answers)
		}
	})
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := run(t, &ingress{from: time.Now().Add(10 * time.Second)})
		var last types.NamespacedName
		for i := range 1000 {
			last = b.begin("a", fmt.Sprint("blog-", i))
		}
		time.Sleep(10 * time.Second)
		if asked := b.ingress.requests("a:80"); asked < 990 || asked > 1010 {
			t.Errorf("it was asked for %d times in 10 s, want 1000", asked)
		}
		urgent := types.NamespacedName{Namespace: "a", Name: "new"}
		r := route("new", "a:80")
		r.Urgent = true
		began := time.Now()
		b.Check(urgent, r, false)
		time.Sleep(11 * time.Second)
		b.wantReached(t, urgent, began, 100*time.Millisecond)
		b.wantReached(t, last, began, 10500*time.Millisecond)
	})
}

// An ingress controller that drops packets is asked for one Tenant at a time, and that of another Platform for all of its own.
func TestSilentAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := run(t, &ingress{silentUntil: began.Add(time.Minute)})
		var all []types.NamespacedName
		for i := range 100 {
			all = append(all, b.begin("silent", fmt.Sprint("blog-", i)))
		}
		time.Sleep(10 * time.Second)
		for _, key := range all {
			if failure, known := b.Check(key, route(key.Name, "silent:80"), false); !known || failure == "" {
				t.Fatalf("%s is not known to be pending: %q, %t", key, failure, known)
			}
		}
		if asked := b.ingress.requests("silent:80"); asked > 4+3 || b.ingress.mostAtOnce() > 4 {
			t.Errorf("it was asked %d times in 10 s, %d at once", asked, b.ingress.mostAtOnce())
		}
		var others []types.NamespacedName
		since := time.Now()
		for i := range 20 {
			others = append(others, b.begin("other", fmt.Sprint("blog-", i)))
		}
		time.Sleep(time.Second)
		for _, key := range others {
			b.wantReached(t, key, since, 500*time.Millisecond)
		}
		time.Sleep(time.Until(began.Add(70 * time.Second)))
		for _, key := range all { // a request that began before the minute was over has to time out, and then comes the next
			b.wantReached(t, key, began.Add(time.Minute), 3*time.Second+2*time.Second+time.Second)
		}
	})
}

// An answer about the former Ingress is not used for a changed one.
func TestChangedRouteIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := run(t, &ingress{})
		alice := b.begin("a", "alice")
		time.Sleep(time.Second)
		if failure, known := b.Check(alice, route("alice", "a:80"), false); !known || failure != "" {
			t.Fatalf("the answer is %q, %t", failure, known)
		}
		if _, known := b.Check(alice, route("alice", "a:80"), true); known {
			t.Error("the former answer counts")
		}
		time.Sleep(time.Second)
		other := route("alice", "a:80")
		other.Encrypted = true
		if _, known := b.Check(alice, other, false); known {
			t.Error("the answer without TLS counts")
		}
		b.Forget(alice)
		time.Sleep(time.Second)
		if b.Has(alice) || b.ingress.requests("a:80") != 2 {
			t.Errorf("a forgotten route is asked for; it was %d times", b.ingress.requests("a:80"))
		}
	})
}
