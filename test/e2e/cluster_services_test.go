//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// serviceOutage is how long the ingress controller or DNS is taken away.
const serviceOutage = 30 * time.Second

// testNoIngressController takes the ingress controller away. Tenants stay Ready, and a new one waits for its route.
func (p *product) testNoIngressController() {
	restarts := p.allRestarts()
	b := p.browser()
	p.withoutService("traefik", "traefik", func() {
		p.apply(tenant("without-traefik"))
		p.stayReady("without-traefik", func() {
			if page, err := b.get(p.t.Context(), p.blog("t0")+"/"); err == nil {
				p.t.Errorf("without an ingress controller, a blog answers %d", page.status)
			}
		})
		if reason := p.kubectl("get", "tenant/without-traefik", `--output=jsonpath={.status.conditions[?(@.type=="Ready")].reason}`); reason != "RoutePending" {
			p.t.Errorf("the reason of a new Tenant is %q", reason)
		}
	})
	began := time.Now()
	p.waitStatus(b, p.blog("t0")+"/", http.StatusOK)
	p.t.Logf("a blog answered %.1f s after the ingress controller", time.Since(began).Seconds())
	p.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant/without-traefik")
	p.t.Logf("the new Tenant was Ready %.1f s after the ingress controller", time.Since(began).Seconds())
	if after := p.allRestarts(); after != restarts {
		p.t.Errorf("the pods and their restarts are %s, and were %s", after, restarts)
	}
}

// testNoDNS takes the DNS of the cluster away. Blogs are served by the connections that are open, and Tenants stay Ready.
func (p *product) testNoDNS() {
	restarts := p.allRestarts()
	tr := p.startReading(readBlogs...)
	p.withoutService("kube-system", "coredns", func() {
		p.apply(tenant("without-dns"))
		p.stayReady("without-dns", func() {})
	})
	began := time.Now()
	p.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant/without-dns")
	p.t.Logf("the new Tenant was Ready %.1f s after DNS", time.Since(began).Seconds())
	tr.stop()
	p.t.Logf("without DNS, %d of %d reads failed; the slowest took %.1f s", tr.failed, tr.reads, tr.slowest.Seconds())
	if tr.failed > tr.reads/100 {
		p.t.Errorf("want at most 1%%: those that needed a new connection to the database; the first ones: %s", strings.Join(tr.failures, "\n"))
	}
	p.signUp("after-dns")
	if after := p.allRestarts(); after != restarts {
		p.t.Errorf("the pods and their restarts are %s, and were %s", after, restarts)
	}
}

// withoutService scales a Deployment of the cluster to 0 while something happens, and returns when it is back.
func (p *product) withoutService(namespace, name string, happens func()) {
	p.t.Helper()
	cluster := func(arguments ...string) string {
		p.t.Helper()
		output, err := p.Kubectl(p.t.Context(), append([]string{"--namespace=" + namespace}, arguments...)...)
		if err != nil {
			p.t.Fatal(err)
		}
		return strings.TrimSpace(output)
	}
	cluster("scale", "deployment/"+name, "--replicas=0")
	p.wait(name+" is gone", func(context.Context) error {
		if pods := cluster("get", "pods", "--output=jsonpath={.items[*].metadata.name}"); strings.Contains(pods, name) {
			return fmt.Errorf("there are %s", pods)
		}
		return nil
	})
	happens()
	cluster("scale", "deployment/"+name, "--replicas=1")
	cluster("rollout", "status", "deployment/"+name, "--timeout=90s")
}

// stayReady expects each second of an outage that the Platform and all Tenants but a new one stay Ready.
func (p *product) stayReady(except string, eachSecond func()) {
	p.t.Helper()
	pace := time.NewTicker(time.Second)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < serviceOutage; <-pace.C {
		since := time.Since(began).Seconds()
		if ready := p.kubectl("get", "platform/default", `--output=jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.message}{end}`); !strings.HasPrefix(ready, "True ") {
			p.t.Fatalf("%.0f s after the beginning of the outage, Ready of the Platform is %s", since, ready)
		}
		if unready := slices.DeleteFunc(p.unready(), func(name string) bool { return name == except }); len(unready) > 0 {
			p.t.Fatalf("%.0f s after the beginning of the outage, these Tenants are not Ready: %s", since, unready)
		}
		eachSecond()
	}
}
