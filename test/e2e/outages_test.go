//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// testNoDatabase stops Postgres for longer than the blog answers from memory. Its pods stay ready, and answer 503 themselves.
func (p *product) testNoDatabase() {
	if err := p.StopProgram(p.t.Context(), "postgres"); err != nil {
		p.t.Fatal(err)
	}
	tested := make(chan error, 1)
	go func() { tested <- p.expectFailedTest() }()
	b := p.browser()
	pace := time.NewTicker(time.Second)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < 70*time.Second; <-pace.C {
		blog, err := b.get(p.t.Context(), p.blog("t0")+"/")
		if err == nil {
			err = blog.want(http.StatusServiceUnavailable, "temporarily unavailable")
		}
		site, siteErr := b.get(p.t.Context(), p.site()+"/") // the landing page needs no database
		if siteErr == nil && site.status == http.StatusNotFound {
			siteErr = site.want(http.StatusOK, "")
		}
		if err := errors.Join(err, siteErr); err != nil {
			p.t.Fatalf("%.0f s after Postgres was stopped: %v", time.Since(began).Seconds(), err)
		}
	}
	if err := <-tested; err != nil {
		p.t.Error(err)
	}
	if err := p.StartProgram(p.t.Context(), "postgres"); err != nil {
		p.t.Fatal(err)
	}
	p.waitStatus(b, p.blog("t0")+"/", http.StatusOK)
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.waitReady()
	p.helm("test", "echoblogs")
}

// testNoAPIServer stops the API server for longer than a lease lasts. Blogs are served, and the operator continues in the same
// process.
func (p *product) testNoAPIServer() {
	if err := p.StopProgram(p.t.Context(), "kube-apiserver"); err != nil {
		p.t.Fatal(err)
	}
	b := p.browser()
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < 30*time.Second; <-pace.C {
		if err := b.read(p.t.Context(), p.blog("t1")+"/", "t1"); err != nil {
			p.t.Fatalf("%.0f s after the API server was stopped: %v", time.Since(began).Seconds(), err)
		}
	}
	if err := p.StartProgram(p.t.Context(), "kube-apiserver"); err != nil {
		p.t.Fatal(err)
	}
	began := time.Now()
	p.wait("a Tenant can be created", func(ctx context.Context) error { return p.Apply(ctx, tenant("after-outage")) })
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "tenant/after-outage")
	p.t.Logf("a Tenant was Ready %.1f s after the API server was started", time.Since(began).Seconds())
	if restarts := p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-operator", "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}"); strings.Trim(restarts, " 0") != "" {
		p.t.Errorf("the operators were restarted %s times", restarts)
	}
}
