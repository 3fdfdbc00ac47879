//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// testNoBackend takes all pods of the blog away. Readers get 503 from the first moment, and the Platform says so.
func (p *product) testNoBackend() {
	b := p.browser()
	p.readMeanwhile(func() {
		p.scaleBlog(0)
		began := time.Now()
		p.waitStatus(b, p.blog("t0")+"/", http.StatusServiceUnavailable)
		p.kubectl("wait", "--for=condition=BackendReady=false", "--timeout=25s", "platform/default")
		p.t.Logf("BackendReady was False %.1f s after the last pod was gone", time.Since(began).Seconds())
		p.kubectl("wait", "--for=condition=Ready=false", "--timeout=25s", "tenant/t0")
		p.scaleBlog(2)
		began = time.Now()
		p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
		p.waitReady()
		p.t.Logf("all Tenants were Ready %.1f s after the pods", time.Since(began).Seconds())
		p.waitStatus(b, p.blog("t0")+"/", http.StatusOK)
	})
}

// testKilledBackend kills one of two blogs. Only what it was answering fails, and what the ingress controller sends to it before
// it knows: it tries the other one for requests that the first one did not get.
func (p *product) testKilledBackend() {
	const each = 4
	restarts := p.restarts("blog")
	tr := p.readWhile(func() {
		p.signal("-KILL", p.processes("blog")[0])
		p.wait("the killed blog was started again", func(context.Context) error {
			if after := p.restarts("blog"); after != restarts+1 {
				return fmt.Errorf("containers were started again %d times, and %d times before", after, restarts)
			}
			return nil
		})
		p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
	})
	p.t.Logf("one of two blogs was killed: %d of %d reads failed; the slowest took %.1f s; the first failures: %s", tr.failed, tr.reads, tr.slowest.Seconds(), strings.Join(tr.failures, "\n"))
	if tr.failed > each*len(readBlogs) {
		p.t.Errorf("%d reads failed, want at most %d of each reader", tr.failed, each)
	}
}

// testFrozenBackend stops one of two blogs for a while. Each reader waits for it at most once, until its probes fail.
func (p *product) testFrozenBackend() {
	tr := p.readWhile(func() {
		pid := p.processes("blog")[0]
		p.signal("-STOP", pid)
		defer p.signal("-CONT", pid)
		began := time.Now()
		b := p.browser()
		b.Timeout = 2 * time.Second
		p.wait("only the other blog is asked", func(ctx context.Context) error {
			for range 20 {
				if err := b.read(ctx, p.blog("t0")+"/", "t0"); err != nil {
					return err
				}
			}
			return nil
		})
		took := time.Since(began)
		p.t.Logf("only the other blog was asked %.1f s after one was frozen", took.Seconds())
		if took > 12*time.Second {
			p.t.Error("want it within 12 s: three probes, one each 2 s, and the ingress controller's update")
		}
		for began := time.Now(); time.Since(began) < 15*time.Second; {
			if err := b.read(p.t.Context(), p.blog("t0")+"/", "t0"); err != nil {
				p.t.Errorf("%.0f s after only the other blog was asked: %v", time.Since(began).Seconds(), err)
			}
		}
	})
	p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
	p.t.Logf("one of two blogs was frozen: %d of %d reads failed; the slowest took %.1f s", tr.failed, tr.reads, tr.slowest.Seconds())
	if tr.failed > len(readBlogs) {
		p.t.Errorf("%d reads failed, want at most one of each reader; the first ones: %s", tr.failed, strings.Join(tr.failures, "\n"))
	}
}

// readMeanwhile reads a blog while something happens. It may answer 503, but nothing else except its page.
func (p *product) readMeanwhile(happens func()) {
	p.t.Helper()
	done, failure := make(chan struct{}), make(chan error, 1)
	go func() { failure <- p.readOrUnavailable("t0", done) }()
	happens()
	close(done)
	if err := <-failure; err != nil {
		p.t.Error(err)
	}
}

// readOrUnavailable reads a blog until done is closed, and returns an error if it answers with anything but its page and 503.
func (p *product) readOrUnavailable(name string, done <-chan struct{}) error {
	b := p.browser()
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for {
		page, err := b.get(p.t.Context(), p.blog(name)+"/")
		switch {
		case err != nil:
			return err
		case page.status == http.StatusServiceUnavailable:
		default:
			if err := page.want(http.StatusOK, name); err != nil {
				return err
			}
		}
		select {
		case <-done:
			return nil
		case <-pace.C:
		}
	}
}
