package lookups_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/echoblogs/echoblogs/controllers/internal/lookups"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// resolver is a DNS whose answers take time. A host whose name begins with "slow" has none.
type resolver struct {
	mu      sync.Mutex
	present map[string]bool
	silent  bool
	asked   map[string][]time.Time
	now     int
	most    int
}

func newResolver() *resolver {
	return &resolver{present: map[string]bool{}, asked: map[string][]time.Time{}}
}

func (r *resolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	host := strings.TrimSuffix(strings.TrimPrefix(name, domainproof.Prefix), ".")
	r.mu.Lock()
	r.asked[host] = append(r.asked[host], time.Now())
	r.now++
	r.most = max(r.most, r.now)
	silent, present := r.silent || strings.HasPrefix(host, "slow"), r.present[host]
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.now--
		r.mu.Unlock()
	}()
	if silent {
		<-ctx.Done()
		return nil, &net.DNSError{Err: "timeout", Name: name, IsTimeout: true}
	}
	time.Sleep(10 * time.Millisecond)
	if !present {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []string{recordOf(host).Value}, nil
}

func (r *resolver) set(present, silent bool, hosts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = silent
	for _, host := range hosts {
		r.present[host] = present
	}
}

// mostAtOnce returns how many lookups have run at once.
func (r *resolver) mostAtOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}

// times returns when a host was looked up, after a start.
func (r *resolver) times(host string, start time.Time) []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var times []time.Duration
	for _, at := range r.asked[host] {
		times = append(times, at.Sub(start).Round(time.Second))
	}
	return times
}

func recordOf(host string) domainproof.Record { return domainproof.RecordOf("installation", 1, host) }

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "test", Name: name}
}

func unproven(names ...string) []lookups.Host {
	var hosts []lookups.Host
	for _, name := range names {
		hosts = append(hosts, lookups.Host{Name: name, Record: recordOf(name)})
	}
	return hosts
}

// run runs a test with the lookups of a resolver, in a bubble. acted are the Tenants that had to act.
func run(t *testing.T, dns *resolver, workers int, test func(l *lookups.Lookups, acted func() []string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var names []string
		l := lookups.New(lookups.Options{Resolver: dns, Clock: clock.RealClock{}, Workers: workers, Answered: func(_ context.Context, tenant types.NamespacedName) {
			mu.Lock()
			defer mu.Unlock()
			names = append(names, tenant.Name)
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Start(ctx) }()
		test(l, func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			taken := names
			names = nil
			return taken
		})
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestUnprovenHostsAreLookedUpWithBackoff(t *testing.T) {
	t.Parallel()
	dns := newResolver()
	run(t, dns, 0, func(l *lookups.Lookups, acted func() []string) {
		start := time.Now()
		l.Watch(key("alice"), unproven("www.alice.org"))
		time.Sleep(time.Hour)
		want := []time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute}
		if got := dns.times("www.alice.org", start)[:7]; !slices.Equal(got, want) {
			t.Errorf("it was looked up after %v, want %v", got, want)
		}
		if names := acted(); len(names) > 0 {
			t.Errorf("%v had to act on a record that was never there", names)
		}
		dns.set(true, false, "www.alice.org")
		time.Sleep(15 * time.Minute)
		if names := acted(); !slices.Equal(names, []string{"alice"}) {
			t.Errorf("the record is there, and %v had to act", names)
		}
		if answer := l.Answers(key("alice"))["www.alice.org"]; !answer.Present {
			t.Errorf("the answer is %+v", answer)
		}
		// Another Tenant has the host: the record is looked up again, and the answer expires with silence.
		dns.set(true, true)
		time.Sleep(30 * time.Minute)
		if answer := l.Answers(key("alice"))["www.alice.org"]; !answer.Present {
			t.Errorf("silence counts as absence: %+v", answer)
		}
		time.Sleep(time.Hour)
		if answers := l.Answers(key("alice")); len(answers) > 0 {
			t.Errorf("an old answer counts: %v", answers)
		}
		if names := acted(); len(names) > 0 {
			t.Errorf("%v had to act on silence", names)
		}
		dns.set(false, false, "www.alice.org")
		time.Sleep(15 * time.Minute)
		if names := acted(); !slices.Equal(names, []string{"alice"}) {
			t.Errorf("the record is gone, and %v had to act", names)
		}
	})
}

// Proven hosts are looked up a day after the last check, whenever the operator was started.
func TestProvenHostsAreLookedUpDaily(t *testing.T) {
	t.Parallel()
	dns := newResolver()
	run(t, dns, 0, func(l *lookups.Lookups, acted func() []string) {
		start := time.Now()
		checked := map[string]time.Time{"fresh.org": start.Add(-time.Hour), "overdue.org": start.Add(-100 * time.Hour)}
		watch := func(name string) {
			l.Watch(key(name), []lookups.Host{{Name: name, Record: recordOf(name), Proven: true, CheckedAt: checked[name]}})
		}
		dns.set(true, false, "fresh.org", "overdue.org")
		watch("fresh.org")
		watch("overdue.org")
		time.Sleep(20 * time.Hour)
		if fresh, overdue := dns.times("fresh.org", start), dns.times("overdue.org", start); len(fresh) != 0 || !slices.Equal(overdue, []time.Duration{0}) {
			t.Errorf("the fresh one was looked up after %v, and the overdue one after %v", fresh, overdue)
		}
		if names := acted(); !slices.Equal(names, []string{"overdue.org"}) {
			t.Errorf("%v had to act", names)
		}
		for d := range 3 {
			time.Sleep(24 * time.Hour)
			for _, name := range acted() {
				checked[name] = time.Now()
				watch(name)
			}
			for name, before := range map[string]int{"fresh.org": 0, "overdue.org": 1} {
				if n := len(dns.times(name, start)) - before; n != d+1 {
					t.Errorf("on day %d %s has been looked up %d times", d, name, n)
				}
			}
		}
		// A record that is absent is looked up more often, and its Tenant learns each answer.
		dns.set(false, false, "fresh.org")
		time.Sleep(36 * time.Hour)
		if n := len(acted()); n < 40 {
			t.Errorf("an absent record has %d answers", n)
		}
		l.Forget(key("fresh.org"))
		l.Forget(key("overdue.org"))
		before := len(dns.times("fresh.org", start))
		time.Sleep(48 * time.Hour)
		if after := len(dns.times("fresh.org", start)); after != before {
			t.Errorf("a forgotten host was looked up %d times", after-before)
		}
	})
}

// Proofs that began together do not stay together.
func TestDailyLookupsAreSpread(t *testing.T) {
	t.Parallel()
	dns := newResolver()
	run(t, dns, 0, func(l *lookups.Lookups, _ func() []string) {
		start := time.Now()
		for i := range 1000 {
			name := fmt.Sprintf("www%d.org", i)
			dns.set(true, false, name)
			l.Watch(key(name), []lookups.Host{{Name: name, Record: recordOf(name), Proven: true, CheckedAt: start}})
		}
		time.Sleep(25 * time.Hour)
		perMinute := map[time.Duration]int{}
		for i := range 1000 {
			for _, at := range dns.times(fmt.Sprintf("www%d.org", i), start) {
				if at < 22*time.Hour || at > 24*time.Hour+time.Minute {
					t.Errorf("host %d was looked up after %s", i, at)
				}
				perMinute[at.Truncate(time.Minute)]++
			}
		}
		for minute, n := range perMinute {
			if n > 40 {
				t.Errorf("after %s, %d hosts were looked up in a minute", minute, n)
			}
		}
	})
}

// Tenants with many slow domains delay no other one, however many they are.
func TestSlowDomainsDelayOnlyTheirTenant(t *testing.T) {
	t.Parallel()
	dns := newResolver()
	run(t, dns, 8, func(l *lookups.Lookups, acted func() []string) {
		for i := range 20 {
			var names []string
			for j := range 20 {
				names = append(names, fmt.Sprintf("slow%d-%d.org", i, j))
			}
			l.Watch(key(fmt.Sprintf("mallory-%d", i)), unproven(names...))
		}
		time.Sleep(time.Minute)
		for i := range 100 {
			name := fmt.Sprintf("www%d.org", i)
			dns.set(true, false, name)
			l.Watch(key(name), unproven(name))
		}
		time.Sleep(6 * time.Second)
		if n := len(acted()); n != 100 {
			t.Errorf("%d of 100 Tenants had an answer within 6 s", n)
		}
		if most := dns.mostAtOnce(); most > 8 {
			t.Errorf("%d lookups ran at once", most)
		}
		// They get their share nevertheless: each domain is looked up.
		time.Sleep(20 * 20 * 5 * time.Second)
		for i := range 20 {
			for j := range 20 {
				if len(dns.times(fmt.Sprintf("slow%d-%d.org", i, j), time.Now())) == 0 {
					t.Errorf("slow%d-%d.org was never looked up", i, j)
				}
			}
		}
	})
}

// A Tenant's right domain is found among its slow ones.
func TestHostsOfOneTenantTakeTurns(t *testing.T) {
	t.Parallel()
	dns := newResolver()
	run(t, dns, 0, func(l *lookups.Lookups, acted func() []string) {
		names := []string{"www.alice.org"}
		for i := range 10 {
			names = append(names, fmt.Sprintf("slow%d.org", i))
		}
		dns.set(true, false, "www.alice.org")
		l.Watch(key("alice"), unproven(names...))
		time.Sleep(domainproof.Timeout * 11)
		if got := acted(); !slices.Equal(got, []string{"alice"}) {
			t.Errorf("%v had to act", got)
		}
		if most := dns.mostAtOnce(); most != 1 {
			t.Errorf("%d lookups of one Tenant ran at once", most)
		}
	})
}

// An answer about one record says nothing about another, such as that of a later Tenant of the same name.
func TestAnswersBelongToTheirRecord(t *testing.T) {
	t.Parallel()
	dns := newResolver()
	run(t, dns, 0, func(l *lookups.Lookups, acted func() []string) {
		dns.set(true, false, "www.alice.org")
		l.Watch(key("alice"), unproven("www.alice.org"))
		time.Sleep(time.Second)
		if len(acted()) != 1 || !l.Answers(key("alice"))["www.alice.org"].Present {
			t.Error("the record was not found")
		}
		later := lookups.Host{Name: "www.alice.org", Record: domainproof.RecordOf("installation", 2, "www.alice.org")}
		l.Watch(key("alice"), []lookups.Host{later})
		if answers := l.Answers(key("alice")); len(answers) > 0 {
			t.Errorf("a later Tenant inherits %v", answers)
		}
		time.Sleep(time.Second)
		if answer, found := l.Answers(key("alice"))["www.alice.org"]; !found || answer.Present {
			t.Errorf("the answer is %+v, %t", answer, found)
		}
	})
}
