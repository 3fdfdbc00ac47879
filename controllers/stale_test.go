package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// staleCache is the cache of an operator that has missed changes of one Tenant, because it was paused and is no longer the
// leader.
type staleCache struct {
	mu    sync.Mutex
	shows *v1alpha1.Tenant // nil: the current state
	reads int
}

// show makes the operator read an earlier state of a Tenant from now on.
func (c *staleCache) show(t *v1alpha1.Tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shows, c.reads = t, 0
}

// hasRead returns an error until the operator has read that state several times.
func (c *staleCache) hasRead(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads < 5 {
		return fmt.Errorf("it has read it %d times", c.reads)
	}
	return nil
}

func (c *staleCache) wrap(to client.Client) client.Client {
	return interceptor.NewClient(to.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, to client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			tenant, is := object.(*v1alpha1.Tenant)
			if !is || c.shows == nil || c.shows.Name != key.Name {
				return to.Get(ctx, key, object, options...)
			}
			c.reads++
			c.shows.DeepCopyInto(tenant)
			return nil
		},
	})
}

// twoOperators starts an operator, and another one whose cache can be made stale.
func twoOperators(t *testing.T) (*platform, *staleCache) {
	t.Helper()
	p, cache := newPlatform(t), &staleCache{}
	p.StartOperator(cache.wrap)
	return p, cache
}

func TestStaleOperatorDoesNotUndoAnEdit(t *testing.T) {
	t.Parallel()
	p, cache := twoOperators(t)
	old := p.ReadyTenant("alice")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) {
		t.Spec.DisplayName = "Edited"
		t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"}
	})
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	want := p.row("alice")

	cache.show(old)
	p.Nudge("alice")
	p.Wait("the stale operator is done", cache.hasRead)
	if diff := cmp.Diff(want, p.row("alice")); diff != "" {
		t.Errorf("the row after the stale operator (-before +after):\n%s", diff)
	}
	p.waitKept("alice")
	if notes := p.Notes("alice", v1alpha1.ReasonRegistryRepaired); len(notes) > 0 {
		t.Errorf("it reports a repair: %q", notes)
	}
	p.WantBlog("www.alice.org", http.StatusOK, operatortest.Title("Edited"))
}

func TestStaleOperatorDoesNotEndALaterTenant(t *testing.T) {
	t.Parallel()
	for _, policy := range []v1alpha1.DeletionPolicy{v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			p, cache := twoOperators(t)
			old := p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
			p.DeleteTenants("alice")
			p.Clock.SetTime(p.Clock.Now().Add(tenancy.Hold + time.Second))
			p.ReadyTenant("alice")
			p.WritePost("alice", "Of the next one")
			want := p.row("alice")

			old.DeletionTimestamp = &metav1.Time{Time: p.Clock.Now()}
			old.Spec.DeletionPolicy = policy
			cache.show(old)
			p.Nudge("alice")
			p.Wait("the stale operator is done", cache.hasRead)
			if diff := cmp.Diff(want, p.row("alice")); diff != "" {
				t.Errorf("the row after the stale operator (-before +after):\n%s", diff)
			}
			p.waitKept("alice")
			p.WantBlog("alice.example.com", http.StatusOK, "Of the next one")
		})
	}
}

// row returns the registry row of a Tenant, without the digest of its object, which a nudge changes.
func (p *platform) row(name string) tenancy.Tenant {
	p.T.Helper()
	row, err := tenancy.NewReader(p.Pool).Find(p.T.Context(), name)
	if err != nil {
		p.T.Fatal(err)
	}
	row.ObjectDigest = ""
	return row
}
