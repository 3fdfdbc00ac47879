//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// testNoBackend takes all pods of the blog away. Readers get 503, and the Platform says so.
func (p *product) testNoBackend() {
	p.kubectl("scale", "deployment/echoblogs-blog", "--replicas=0")
	b := p.browser()
	p.waitStatus(b, p.blog("t0")+"/", http.StatusServiceUnavailable)
	p.kubectl("wait", "--for=condition=BackendReady=false", "--timeout=90s", "platform/default")
	p.kubectl("wait", "--for=condition=Ready=false", "--timeout=90s", "tenant/t0")
	p.kubectl("scale", "deployment/echoblogs-blog", "--replicas=2")
	p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.waitReady()
	p.waitStatus(b, p.blog("t0")+"/", http.StatusOK)
}

// testKilledBackend kills one of two blogs. Only what it was answering fails, because the ingress controller tries the other
// one for requests that the first one did not get.
func (p *product) testKilledBackend() {
	tr := p.readWhile(func() {
		p.signalBlog("-KILL")
		p.wait("the killed blog was started again", func(context.Context) error {
			restarts := p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-blog", "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}")
			if strings.Trim(restarts, " 0") == "" {
				return errors.New("no container was started again")
			}
			return nil
		})
		p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
	})
	p.t.Logf("one of two blogs was killed: %d of %d reads failed; the slowest took %.1f s; the first failures: %s", tr.failed, tr.reads, tr.slowest.Seconds(), strings.Join(tr.failures, "\n"))
	if tr.failed > 2*len(readBlogs) {
		p.t.Errorf("%d reads failed, want at most those that the killed blog was answering", tr.failed)
	}
}

// testFrozenBackend stops one of two blogs for a while. Each reader waits for it at most twice, until its probes fail.
func (p *product) testFrozenBackend() {
	tr := p.readWhile(func() {
		pid := p.signalBlog("-STOP")
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
		p.t.Logf("only the other blog was asked %.1f s after one was frozen", time.Since(began).Seconds())
		for began := time.Now(); time.Since(began) < 15*time.Second; {
			if err := b.read(p.t.Context(), p.blog("t0")+"/", "t0"); err != nil {
				p.t.Errorf("%.0f s after only the other blog was asked: %v", time.Since(began).Seconds(), err)
			}
		}
	})
	p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
	p.t.Logf("one of two blogs was frozen: %d of %d reads failed; the slowest took %.1f s", tr.failed, tr.reads, tr.slowest.Seconds())
	if tr.failed > 2*len(readBlogs) {
		p.t.Errorf("%d reads failed, want at most two of each reader; the first ones: %s", tr.failed, strings.Join(tr.failures, "\n"))
	}
}

// signalBlog sends a signal to one of the processes of the blog, and returns its ID.
func (p *product) signalBlog(signal string) (pid string) {
	p.t.Helper()
	output, err := p.Run(p.t.Context(), "sh", "-c", `grep --files-with-matches --text '^/blog' /proc/[0-9]*/cmdline 2>/dev/null; true`)
	if err != nil {
		p.t.Fatalf("find the processes of the blog: %v", err)
	}
	files := strings.Fields(string(output))
	if len(files) == 0 {
		p.t.Fatal("no process of the blog runs")
	}
	pid = strings.Split(files[0], "/")[2]
	p.signal(signal, pid)
	return pid
}

func (p *product) signal(signal, pid string) {
	p.t.Helper()
	if _, err := p.Run(p.t.Context(), "kill", signal, pid); err != nil {
		p.t.Fatal(fmt.Errorf("kill %s %s: %w", signal, pid, err))
	}
}
