package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
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

// Its Tenant has ended before it had a row, or longer ago than names are held.
func TestStaleOperatorDoesNotCreateAnEndedTenant(t *testing.T) {
	t.Parallel()
	const held = "test.example.com/held"
	p, cache := twoOperators(t)
	old := p.ReadyTenant("alice", operatortest.Deleting, func(t *v1alpha1.Tenant) { t.Finalizers = []string{held} })
	old.Status = v1alpha1.TenantStatus{}
	row := p.row("alice").ID
	if err := p.Delete(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	p.waitReleased("alice")
	p.Clock.SetTime(p.Clock.Now().Add(tenancy.Hold + time.Second))

	wantNoneCreated := func() {
		t.Helper()
		p.Wait("the stale operator is done", cache.hasRead)
		if n := query[int](p, `SELECT count(*) FROM public.tenants WHERE name = 'alice' AND id > $1`, row); n > 0 {
			t.Errorf("%d rows were created", n)
		}
	}
	cache.show(old)
	p.Nudge("alice")
	wantNoneCreated()
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	p.WaitGone("alice")
	cache.show(old)
	wantNoneCreated()
}

// Another operator ends a Tenant that has no row yet while this one creates it.
func TestTenantIsEndedDuringItsCreation(t *testing.T) {
	t.Parallel()
	for _, propagation := range []metav1.DeletionPropagation{metav1.DeletePropagationBackground, metav1.DeletePropagationForeground} {
		t.Run(string(propagation), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			tx, err := p.Pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // it has ended
			if _, err := tx.Exec(t.Context(), `LOCK TABLE public.tenants IN SHARE MODE`); err != nil {
				t.Fatal(err)
			}
			p.CreateTenant("alice", operatortest.Deleting)
			p.Wait("the creation waits for the lock", func(context.Context) error {
				if !query[bool](p, `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'public.tenants'::regclass AND NOT granted)`) {
					return errors.New("it does not")
				}
				return nil
			})
			if err := p.Client.Delete(t.Context(), p.Tenant("alice"), client.PropagationPolicy(propagation)); err != nil {
				t.Fatal(err)
			}
			p.EditTenant("alice", func(t *v1alpha1.Tenant) {
				t.Finalizers = slices.DeleteFunc(t.Finalizers, func(name string) bool { return name == v1alpha1.Finalizer })
			})
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.waitReleased("alice")
		})
	}
}

// waitReleased waits until a Tenant has ended, with its data and its route.
func (p *platform) waitReleased(name string) {
	p.T.Helper()
	p.Wait(name+" has ended", func(ctx context.Context) error {
		state := query[string](p, `SELECT coalesce((SELECT state FROM public.tenants WHERE name = $1), 'missing')`, name)
		if state != string(tenancy.StateReleased) {
			return fmt.Errorf("its row is %s", state)
		}
		if err := p.Client.Get(ctx, p.Key(routing.TenantIngressName(name)), &networkingv1.Ingress{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("read its Ingress: %w", err)
		}
		return nil
	})
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
