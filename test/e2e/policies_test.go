//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

// testPolicies tries each way that the policies permit, and the others. Pods that only connect, with the labels of the
// product's, stand in for its programs.
func (p *product) testPolicies() {
	image, err := node.BuildImage(p.t.Context(), p.t.TempDir(), "node.test/echo:1", "./echo")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.Import(p.t.Context(), image); err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if err := p.Expose(p.t.Context(), "3001", server.Listener.Addr().String()); err != nil {
		p.t.Fatal(err)
	}
	p.apply(read(p.t, "testdata/policies.yaml"))
	defer p.deletePolicyPods()

	pod := func(name string) string {
		return p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-"+name, "--field-selector=status.phase=Running", "--output=jsonpath={.items[0].status.podIP}")
	}
	to := map[string]string{
		"database": "postgres.node.test:5432", "API server": "kubernetes.default.svc:443", "ingress controller": "traefik.traefik.svc:80",
		"blog": "echoblogs-blog.echoblogs.svc:80", "site": "echoblogs-portal.echoblogs.svc:80", "elsewhere": node.HostName + ":3001",
		"metrics of the operator": pod("operator") + ":8080", "metrics of the blog": pod("blog") + ":8081", "metrics of the site": pod("portal") + ":8081",
	}
	permitted := map[string][]string{
		"echoblogs/as-operator": {"database", "API server", "blog", "ingress controller"},
		"echoblogs/as-blog":     {"database"},
		"echoblogs/as-site":     {"database", "API server"},
		"outside/stranger":      {"database", "API server", "ingress controller", "blog", "site", "elsewhere"},
		"outside-metrics/scraper": {"database", "API server", "ingress controller", "blog", "site", "elsewhere",
			"metrics of the operator", "metrics of the blog", "metrics of the site"},
	}
	p.expectWays(to, permitted)

	p.upgrade("--set-json=networkPolicy.ingressFrom=[{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"traefik\"}}}]")
	permitted["outside/stranger"] = []string{"database", "API server", "ingress controller", "elsewhere"}
	permitted["outside-metrics/scraper"] = append(permitted["outside/stranger"], "metrics of the operator", "metrics of the blog", "metrics of the site")
	p.expectWays(to, permitted)
	if err := p.browser().read(p.t.Context(), p.blog("t0")+"/", "t0"); err != nil {
		p.t.Errorf("through the ingress controller: %v", err)
	}
}

// expectWays tries all ways at once, until each is permitted or refused as it should be.
func (p *product) expectWays(to map[string]string, permitted map[string][]string) {
	p.t.Helper()
	var ways sync.WaitGroup
	for from, names := range permitted {
		namespace, pod, _ := strings.Cut(from, "/")
		_, err := p.Kubectl(p.t.Context(), "wait", "pod", pod, "--namespace="+namespace, "--for=jsonpath={.status.phase}=Running", "--timeout=60s")
		if err != nil {
			p.t.Fatal(err)
		}
		source, err := p.Kubectl(p.t.Context(), "get", "pod", pod, "--namespace="+namespace, "--output=jsonpath={.status.podIP}")
		if err != nil {
			p.t.Fatal(err)
		}
		for name, address := range to {
			if pod == "as-"+name {
				continue // kube-router lets pods reach each other if one policy permits others to reach them
			}
			want := "refused"
			if slices.Contains(names, name) {
				want = "permitted"
			}
			ways.Go(func() {
				err := eventuallyNil(p.t.Context(), func(context.Context) error {
					if got := p.way(source, address); got != want {
						return fmt.Errorf("from %s to %s: %s, want %s", from, name, got, want)
					}
					return nil
				})
				if err != nil {
					p.t.Error(err)
				}
			})
		}
	}
	ways.Wait()
}

// way returns whether a pod can connect to an address.
func (p *product) way(source, address string) string {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: p.DialContext, DisableKeepAlives: true}}
	_, err := request(p.t, client, "http://"+net.JoinHostPort(source, "8080")+"/connect?"+url.Values{"address": {address}}.Encode())
	switch {
	case err == nil:
		return "permitted"
	case strings.HasPrefix(err.Error(), "502 ") && (strings.Contains(err.Error(), "i/o timeout") || strings.Contains(err.Error(), "connection refused")):
		return "refused" // the pod says so
	default:
		return err.Error()
	}
}

func (p *product) deletePolicyPods() {
	p.t.Helper()
	p.kubectl("delete", "pod", "as-operator", "as-blog", "as-site", "--grace-period=1")
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", "outside", "outside-metrics"); err != nil {
		p.t.Error(err)
	}
}
