package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// answers is a backend that answers for all Tenants with a status. It records when it was asked for each.
type answers struct {
	mu     sync.Mutex
	status int
	asked  map[string][]time.Time
}

// newAnswers returns a Platform with such a backend, which is checked often.
func newAnswers(t *testing.T) (*operatortest.Platform, *answers) {
	t.Helper()
	a := &answers{status: http.StatusOK, asked: map[string][]time.Time{}}
	p := operatortest.NewNamespace(t, func(p *operatortest.Platform) {
		p.BackendInterval = 100 * time.Millisecond
		p.Serve = func(p *operatortest.Platform) string {
			server := httptest.NewServer(a)
			p.T.Cleanup(server.Close)
			return strings.TrimPrefix(server.URL, "http://")
		}
	})
	p.Start()
	return p, a
}

// ServeHTTP implements http.Handler. An answer of 503 is for no Tenant, as that of a proxy without a backend.
func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.Host, ".")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[name] = append(a.asked[name], time.Now())
	if a.status != http.StatusServiceUnavailable {
		w.Header().Set(blogapp.Application.Probe.Header, name)
	}
	w.WriteHeader(a.status)
}

// answer sets the status, and forgets who was asked.
func (a *answers) answer(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status = status
	clear(a.asked)
}

// requests returns when the backend was asked for a Tenant.
func (a *answers) requests(name string) []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]time.Time(nil), a.asked[name]...)
}

// A blog with too many readers is served: the refusal in its name shows that.
func TestTooManyRequestsIsAnAnswer(t *testing.T) {
	t.Parallel()
	p, backend := newAnswers(t)
	names := []string{"alice", "bob", "carol"}
	for _, name := range names {
		p.CreateTenant(name)
	}
	p.WaitTenantsReady(names...)
	wantBackend(p, metav1.ConditionTrue)

	backend.answer(http.StatusTooManyRequests)
	for _, name := range names {
		p.Wait("the backend was asked for "+name+" several times", func(context.Context) error {
			return wantCount(min(len(backend.requests(name)), 3), 3)
		})
	}
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"alice.example.net"} })
	p.Wait("the new host of alice is served", func(context.Context) error {
		tenant := p.Tenant("alice")
		if !meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady) || len(tenant.Status.Hosts) != 2 {
			return fmt.Errorf("its status is %+v", tenant.Status)
		}
		return nil
	})
	wantBackend(p, metav1.ConditionTrue)
	for _, name := range names {
		if !meta.IsStatusConditionTrue(p.Tenant(name).Status.Conditions, v1alpha1.ConditionServing) {
			t.Errorf("%s is not served", name)
		}
	}
}

// When a backend answers again, it is not asked for all Tenants at once: 20 a second are reconciled.
func TestTenantsFollowTheirBackend(t *testing.T) {
	t.Parallel()
	p, backend := newAnswers(t)
	var names []string
	for i := range 65 {
		names = append(names, fmt.Sprintf("t%d", i))
		p.CreateTenant(names[i])
	}
	p.WaitTenantsReady(names...)
	wantBackend(p, metav1.ConditionTrue)
	backend.answer(http.StatusServiceUnavailable)
	wantBackend(p, metav1.ConditionFalse)
	for _, name := range names {
		p.WaitCondition(name, v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)
	}

	backend.answer(http.StatusOK)
	p.WaitTenantsReady(names...)
	var first, last time.Time
	for _, name := range names {
		asked := backend.requests(name)
		if len(asked) == 0 {
			t.Fatalf("the backend was not asked for %s", name)
		}
		if at := asked[len(asked)-1]; first.IsZero() || at.Before(first) {
			first = at
		}
		if at := asked[0]; at.After(last) {
			last = at
		}
	}
	// Four groups, a second apart, of which the first may be late.
	if took := last.Sub(first); took < 2*time.Second {
		t.Errorf("%d Tenants were reconciled within %v", len(names), took)
	}
}
