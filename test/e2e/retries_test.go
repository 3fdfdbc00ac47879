//go:build e2e

package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

// testRetries sends forms through the middleware of the chart to two backends, of which one does not exist. Those that reach it
// are sent to the other one. A form that a backend has received is not sent again, although the backend does not answer.
func (p *product) testRetries() {
	var received atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		received.Add(1)
		if r.URL.Path == "/crash/" {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	const port, closedPort = 3002, 3003
	if err := p.Expose(p.t.Context(), fmt.Sprint(port), server.Listener.Addr().String()); err != nil {
		p.t.Fatal(err)
	}
	p.apply(strings.NewReplacer("NAMESPACE", namespace, "ADDRESS", node.HostAddress, "CLOSED_PORT", fmt.Sprint(closedPort), "PORT", fmt.Sprint(port)).
		Replace(read(p.t, "testdata/retries.yaml")))
	b := p.browser()
	p.waitStatus(b, "http://retries.test/", http.StatusOK)

	received.Store(0)
	const forms = 20
	for range forms {
		page, err := b.submit(p.t.Context(), "http://retries.test/", url.Values{"title": {"A post"}})
		if err == nil {
			err = page.want(http.StatusOK, "")
		}
		if err != nil {
			p.t.Error(err)
		}
	}
	if got := received.Load(); got != forms {
		p.t.Errorf("%d forms arrived, want %d", got, forms)
	}

	received.Store(0)
	page, err := b.submit(p.t.Context(), "http://retries.test/crash/", url.Values{"title": {"A post"}})
	if err == nil {
		err = page.want(http.StatusBadGateway, "")
	}
	if err != nil {
		p.t.Error(err)
	}
	if got := received.Load(); got != 1 {
		p.t.Errorf("a form without an answer arrived %d times", got)
	}
	p.kubectl("delete", "ingress,service,endpointslice", "--selector=test=retries")
}
