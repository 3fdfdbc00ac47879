package isolation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// askEvery is the interval between two requests for a host: short enough to find a mix-up, long enough not to overload the
// machine for a minute.
const askEvery = 20 * time.Millisecond

// Replicas that no longer learn of changes never show a tenant under a name that now belongs to another: a released name
// is on hold for longer than a replica trusts its snapshot. This test takes as long as the hold.
func TestStaleReplicasNeverShowAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const host, schema = "www.contested.org", "contested"
	before := map[string]owner{host: newOwner("giver"), primary("namesake"): newOwner("namesake"), primary("leaver"): newOwner("leaver")}
	after := map[string]owner{host: newOwner("taker"), primary("namesake"): newOwner("namesake"), primary("comer"): newOwner("comer")}
	inSchema := func(t *v1alpha1.Tenant) { t.Spec.SchemaName = schema }
	atHost := func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{host} }
	err := errors.Join(
		w.settle(t.Context(), before[host], atHost),
		w.settle(t.Context(), after[host]),
		w.settle(t.Context(), before[primary("namesake")]),
		w.settle(t.Context(), before[primary("leaver")], inSchema),
	)
	if err != nil {
		t.Fatal(err)
	}
	for at, o := range before {
		if err := w.awaitStatus(t.Context(), at, http.StatusOK, o.tenant); err != nil {
			t.Fatal(err)
		}
	}

	// The replicas can no longer read the registry, but they can read posts.
	w.Exec(`REVOKE SELECT ON public.tenants, public.domains FROM echoblogs_blog`)
	var asking errgroup.Group
	over := make(chan struct{})
	var shown, refused atomic.Int64
	for at := range before {
		for _, address := range w.Blogs {
			asking.Go(func() error { return w.watch(t.Context(), address, at, over, &shown, &refused) })
		}
	}
	// Each Tenant releases a name that another one is waiting for.
	err = errors.Join(
		w.Edit(t.Context(), "taker", atHost),
		w.Edit(t.Context(), "giver", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = nil }),
		w.Delete(t.Context(), "namesake"), w.Delete(t.Context(), "leaver"),
		w.AwaitGone(t.Context(), "namesake"), w.AwaitGone(t.Context(), "leaver"),
	)
	if err != nil {
		t.Fatal(err)
	}
	comer := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "comer"}, Spec: v1alpha1.TenantSpec{SchemaName: schema}}
	namesake := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "namesake"}}
	comer.Spec.DisplayName, namesake.Spec.DisplayName = after[primary("comer")].title(), after[primary("namesake")].title()
	if err := errors.Join(w.Create(t.Context(), comer), w.Create(t.Context(), namesake)); err != nil {
		t.Fatal(err)
	}
	// Once the registry has the new owner, no other tenant may be shown there.
	var changes errgroup.Group
	changes.Go(func() error { return w.pass(t.Context(), host, "taker", "", before[host], after[host]) })
	changes.Go(func() error {
		return w.pass(t.Context(), primary("namesake"), "namesake", "namesake", before[primary("namesake")], after[primary("namesake")])
	})
	changes.Go(func() error {
		return w.pass(t.Context(), primary("comer"), "comer", schema, owner{}, after[primary("comer")])
	})
	if err := changes.Wait(); err != nil {
		t.Error(err)
	}
	w.Exec(`GRANT SELECT ON public.tenants, public.domains TO echoblogs_blog`)
	for at, o := range after {
		if err := w.awaitStatus(t.Context(), at, http.StatusOK, o.tenant); err != nil {
			t.Error(err)
		}
	}
	if err := w.leave(t.Context(), primary("leaver"), before[primary("leaver")]); err != nil {
		t.Error(err)
	}
	close(over)
	if err := asking.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d answers showed a blog, %d did not", shown.Load(), refused.Load())
}

// pass waits until the registry assigns a host to its next owner, and then writes the posts of that owner into a schema,
// unless that is "".
func (w *world) pass(ctx context.Context, host, tenant, schema string, from, to owner) error {
	w.allow(host, to)
	err := w.Await(ctx, host+" belongs to "+tenant, func(ctx context.Context) error {
		var owner string
		err := w.Admin.QueryRow(ctx, `SELECT coalesce(string_agg(t.name || ' ' || t.display_name, ' '), 'nobody')
			FROM public.domains d JOIN public.tenants t ON t.id = d.tenant_id
			WHERE d.host = $1 AND d.released_at IS NULL AND t.state = 'live'`, host).Scan(&owner)
		if err == nil && owner != tenant+" "+to.title() {
			err = fmt.Errorf("it belongs to %s", owner)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.forbid(host, from)
	if schema == "" {
		return nil
	}
	return w.write(ctx, to, schema)
}

// watch requests a host from one replica repeatedly.
func (w *world) watch(ctx context.Context, address, host string, over <-chan struct{}, shown, refused *atomic.Int64) error {
	c := &connection{address: address}
	defer c.close()
	pace := time.NewTicker(askEvery)
	defer pace.Stop()
	for {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
		before := w.of(host)
		err := c.send([]request{get(host, "/"), get(host, "/hello/")}, func(r request, response *http.Response, body []byte) error {
			if shows(response.StatusCode) {
				shown.Add(1)
			} else {
				refused.Add(1)
			}
			if err := check(before, w.of(host), response, body); err != nil {
				return fmt.Errorf("%s is answered %d by %s: %w:\n%s", quote(r.text), response.StatusCode, address, err, body)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
