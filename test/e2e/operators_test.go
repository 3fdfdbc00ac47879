//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// takeover is how long the other operator may take to continue when the leader is killed: the Lease lasts 6 s.
const takeover = 12 * time.Second

// testKilledOperator kills the leading operator. The other one takes over when the Lease has expired.
func (p *product) testKilledOperator() {
	holder := p.kubectl("get", "lease/echoblogs-operator", "--output=jsonpath={.spec.holderIdentity}")
	leader, _, _ := strings.Cut(holder, "_")
	process := p.processOf("operator", leader)
	began := time.Now()
	p.signal("-KILL", process)
	p.apply(tenant("after-kill"))
	p.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "tenant/after-kill")
	took := time.Since(began)
	p.t.Logf("a Tenant was Ready %.1f s after the leading operator was killed", took.Seconds())
	if took > takeover {
		p.t.Errorf("want it within %s", takeover)
	}
	p.kubectl("rollout", "status", "deployment/echoblogs-operator", "--timeout=90s")
}

// testEvictedOperators evicts both operators, as the drain of a node does. The second one stays until the first one is replaced.
func (p *product) testEvictedOperators() {
	pods := strings.Fields(p.pods("operator"))
	if len(pods) != 2 {
		p.t.Fatalf("the operators are %s", pods)
	}
	if err := p.evict(p.t.Context(), pods[0]); err != nil {
		p.t.Fatal(err)
	}
	if err := p.evict(p.t.Context(), pods[1]); err == nil || !strings.Contains(err.Error(), "disruption budget") {
		p.t.Fatalf("evict the second operator: %v; want that the disruption budget refuses it", err)
	}
	p.wait("the second operator can be evicted", func(ctx context.Context) error { return p.evict(ctx, pods[1]) })
	p.kubectl("rollout", "status", "deployment/echoblogs-operator", "--timeout=90s")
	began := time.Now()
	p.apply(tenant("after-eviction"))
	p.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "tenant/after-eviction")
	p.t.Logf("a Tenant was Ready %.1f s after both operators were replaced", time.Since(began).Seconds())
}

// testEvictedBlogs evicts the blogs one after the other while the ingress controller is busy with the routes of many new Tenants.
// No read fails.
func (p *product) testEvictedBlogs() {
	const prefix = "evicted"
	var manifests strings.Builder
	for i := range many {
		manifests.WriteString(tenant(fmt.Sprintf("%s%d", prefix, i)))
	}
	tr := p.readWhile(func() {
		began := time.Now()
		p.apply(manifests.String())
		for _, pod := range strings.Fields(p.pods("blog")) {
			p.wait("the blog can be evicted", func(ctx context.Context) error { return p.evict(ctx, pod) })
			p.t.Logf("a blog was evicted %.1f s after %d Tenants began to be created", time.Since(began).Seconds(), many)
		}
		p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
		p.waitReady()
		p.t.Logf("all Tenants were Ready after %.1f s", time.Since(began).Seconds())
	})
	tr.wantNoFailure("while both blogs were evicted")
	p.deleteMany(prefix)
}

// evict asks the API server to evict a pod, which the disruption budget may refuse.
func (p *product) evict(ctx context.Context, pod string) error {
	file := filepath.Join(p.t.TempDir(), "eviction.json")
	eviction := fmt.Sprintf(`{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": %q, "namespace": %q}}`, pod, namespace)
	if err := os.WriteFile(file, []byte(eviction), 0o600); err != nil {
		return fmt.Errorf("write an eviction: %w", err)
	}
	_, err := p.Kubectl(ctx, "create", "--raw=/api/v1/namespaces/"+namespace+"/pods/"+pod+"/eviction", "--filename="+file)
	return err
}
