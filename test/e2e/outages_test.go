//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// directoryAge is how long a blog knows the Tenants of a database that does not answer, with time for the last read.
const directoryAge = 45 * time.Second

// testNoDatabase stops Postgres for longer than the blog answers from memory. The pods of blog and public site stay ready, and
// answer themselves.
func (p *product) testNoDatabase() {
	b := p.browser()
	p.apply(strings.Replace(tenant("suspended"), "spec: {", "spec: {suspended: true, ", 1))
	p.waitStatus(b, p.blog("suspended")+"/", http.StatusPaymentRequired)
	if err := p.StopProgram(p.t.Context(), "postgres"); err != nil {
		p.t.Fatal(err)
	}
	tested := make(chan error, 1)
	go func() { tested <- p.expectFailedTest() }()
	pace := time.NewTicker(time.Second)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < 70*time.Second; <-pace.C {
		if err := p.withoutDatabase(b, time.Since(began)); err != nil {
			p.t.Fatalf("%.0f s after Postgres was stopped: %v", time.Since(began).Seconds(), err)
		}
	}
	if err := <-tested; err != nil {
		p.t.Error(err)
	}
	for _, program := range []string{"blog", "portal"} {
		ready := p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-"+program, `--output=jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}`)
		if ready != "True True" {
			p.t.Errorf("Ready of the pods of the %s is %q", program, ready)
		}
	}
	if err := p.StartProgram(p.t.Context(), "postgres"); err != nil {
		p.t.Fatal(err)
	}
	began := time.Now()
	p.waitStatus(b, p.blog("t0")+"/", http.StatusOK)
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.waitReady()
	p.t.Logf("all was as before %.1f s after Postgres was started", time.Since(began).Seconds())
	p.helm("test", "echoblogs")
}

// withoutDatabase returns an error if blogs or public site answer otherwise than they should a time after the database has gone.
func (p *product) withoutDatabase(b browser, since time.Duration) error {
	ctx := p.t.Context()
	expect := func(page answer, err error, status int, text string) error {
		if err != nil {
			return err
		}
		return page.want(status, text)
	}
	blog, blogErr := b.get(ctx, p.blog("t0")+"/")
	landing, landingErr := b.get(ctx, p.site()+"/") // needs no database
	login, loginErr := b.submit(ctx, p.site()+"/login/", url.Values{"username": {"carol"}, "password": {password}})
	err := errors.Join(
		expect(blog, blogErr, http.StatusServiceUnavailable, "temporarily unavailable"),
		expect(landing, landingErr, http.StatusOK, "Start with the first sentence"),
		expect(login, loginErr, http.StatusServiceUnavailable, "The database is unavailable"),
	)
	suspended, suspendedErr := b.get(ctx, p.blog("suspended")+"/")
	switch {
	case since < directoryAge-10*time.Second:
		return errors.Join(err, expect(suspended, suspendedErr, http.StatusPaymentRequired, ""))
	case since > directoryAge+time.Second:
		return errors.Join(err, expect(suspended, suspendedErr, http.StatusServiceUnavailable, "temporarily unavailable"))
	}
	return errors.Join(err, suspendedErr)
}

// testNoAPIServer kills the API server for longer than a lease lasts, and kills one of the operators meanwhile. Blogs are served,
// and both operators continue: one in the same process, the other one in the process that was started without the API server.
func (p *product) testNoAPIServer() {
	operators := p.processes("operator")
	// It crashes: one that stops in order takes its address out of its Service, and pods wait for kube-proxy after its return.
	for _, process := range p.findProcesses("pgrep -x kube-apiserver") {
		p.signal("-KILL", process)
	}
	if err := p.StopProgram(p.t.Context(), "kube-apiserver"); err != nil {
		p.t.Fatal(err)
	}
	stopped := time.Now()
	killed := operators[0]
	p.signal("-KILL", killed)
	p.wait("the killed operator was started again", func(context.Context) error {
		after := p.processes("operator")
		if slices.Contains(after, killed) || len(after) != len(operators) {
			return fmt.Errorf("the operators are %s, and were %s", after, operators)
		}
		operators = after
		return nil
	})
	b := p.browser()
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for ; time.Since(stopped) < 49*time.Second; <-pace.C {
		if err := b.read(p.t.Context(), p.blog("t1")+"/", "t1"); err != nil {
			p.t.Fatalf("%.0f s after the API server was stopped: %v", time.Since(stopped).Seconds(), err)
		}
	}
	if err := p.StartProgram(p.t.Context(), "kube-apiserver"); err != nil {
		p.t.Fatal(err)
	}
	began := time.Now()
	p.wait("a Tenant can be created", func(ctx context.Context) error { return p.Apply(ctx, tenant("after-outage")) })
	p.kubectl("wait", "--for=condition=DatabaseReady", "--timeout=30s", "tenant/after-outage")
	p.t.Logf("a Tenant had its schema %.1f s after the API server was started", time.Since(began).Seconds())
	// Its route also waits for the ingress controller, which has to watch again.
	p.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant/after-outage")
	p.t.Logf("it was Ready after %.1f s", time.Since(began).Seconds())
	if after := p.processes("operator"); !slices.Equal(after, operators) {
		p.t.Errorf("the processes of the operators are %s, and were %s", after, operators)
	}
}
