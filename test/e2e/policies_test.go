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

// policyPods connect with the labels of the pods of the product, whose programs they stand in for. Others have labels of none.
var policyPods = []string{"echoblogs/as-operator", "echoblogs/as-blog", "echoblogs/as-portal", "echoblogs/as-bootstrap", "echoblogs/as-apply-crds",
	"echoblogs/as-unlabel-namespace", "echoblogs/as-test", "outside/stranger", "outside-metrics/scraper"}

// testPolicies tries each way that the policies permit, and the others.
func (p *product) testPolicies() {
	p.createPolicyPods()
	defer p.deletePolicyPods()
	p.applyHookPolicies()
	pod := func(name string) string {
		return p.kubectl("get", "pods", "--selector=pod-template-hash,app.kubernetes.io/name=echoblogs-"+name, "--field-selector=status.phase=Running", "--output=jsonpath={.items[0].status.podIP}")
	}
	to := map[string]string{
		"database": "postgres.node.test:5432", "pooler": node.HostName + ":6432", "API server": "kubernetes.default.svc:443",
		"ingress controller": "traefik.traefik.svc:80", "mail server": node.HostName + ":" + mailPort, "other mail server": node.HostName + ":25",
		"blog": "echoblogs-blog.echoblogs.svc:80", "portal": "echoblogs-portal.echoblogs.svc:80",
		"metrics of the operator": pod("operator") + ":8080", "metrics of the blog": pod("blog") + ":8081", "metrics of the site": pod("portal") + ":8081",
		"pod elsewhere": p.podIP("outside/stranger") + ":8080", "server elsewhere": node.HostName + ":3001", "kubelet": node.HostAddress + ":10250",
	}
	outside := []string{"database", "pooler", "API server", "ingress controller", "mail server", "other mail server", "pod elsewhere", "server elsewhere", "kubelet"}
	metrics := []string{"metrics of the operator", "metrics of the blog", "metrics of the site"}
	permitted := map[string][]string{
		"echoblogs/as-operator":   {"database", "pooler", "API server", "blog", "ingress controller"},
		"echoblogs/as-blog":       {"database", "pooler"},
		"echoblogs/as-portal":     {"database", "pooler", "API server", "mail server"},
		"echoblogs/as-bootstrap":  {"database", "pooler", "API server"},
		"echoblogs/as-apply-crds": {"API server"},
		"echoblogs/as-test":       {"blog", "portal"},

		"echoblogs/as-unlabel-namespace": {"API server"},
		"outside/stranger":               slices.Concat(outside, []string{"blog", "portal"}),
		"outside-metrics/scraper":        slices.Concat(outside, []string{"blog", "portal"}, metrics),
	}
	p.expectWays(to, permitted)

	p.upgrade("--set-json=networkPolicy.ingressFrom=[{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"traefik\"}}}]")
	p.applyHookPolicies()
	permitted["outside/stranger"] = outside
	permitted["outside-metrics/scraper"] = slices.Concat(outside, metrics)
	p.expectWays(to, permitted)
	if err := p.browser().read(p.t.Context(), p.blog("t0")+"/", "t0"); err != nil {
		p.t.Errorf("through the ingress controller: %v", err)
	}
}

// createPolicyPods creates the pods, and servers outside of the cluster that they connect to.
func (p *product) createPolicyPods() {
	p.t.Helper()
	image, err := node.BuildImage(p.t.Context(), p.t.TempDir(), "node.test/echo:1", "./echo")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.Import(p.t.Context(), image); err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	p.t.Cleanup(server.Close)
	for _, port := range []string{"25", "3001", "6432"} {
		if err := p.Expose(p.t.Context(), port, server.Listener.Addr().String()); err != nil {
			p.t.Fatal(err)
		}
	}
	manifests := []string{
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: outside}\n",
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: outside-metrics, labels: {metrics: enabled}}\n",
	}
	for _, pod := range policyPods {
		namespace, name, _ := strings.Cut(pod, "/")
		labels := ""
		if program, ok := strings.CutPrefix(name, "as-"); ok {
			labels = "app.kubernetes.io/name: echoblogs-" + program + ", app.kubernetes.io/part-of: echoblogs"
		}
		manifests = append(manifests, strings.NewReplacer("NAMESPACE", namespace, "NAME", name, "LABELS", labels).Replace(read(p.t, "testdata/policy_pod.yaml")))
	}
	p.apply(strings.Join(manifests, "---\n"))
	for _, pod := range policyPods {
		namespace, name, _ := strings.Cut(pod, "/")
		_, err := p.Kubectl(p.t.Context(), "wait", "pod", name, "--namespace="+namespace, "--for=jsonpath={.status.phase}=Running", "--timeout=60s")
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// applyHookPolicies applies the policies for the jobs of the chart, which Helm deletes with the jobs.
func (p *product) applyHookPolicies() {
	p.t.Helper()
	var policies []string
	for manifest := range strings.SplitSeq(p.helm("get", "hooks", "echoblogs"), "\n---\n") {
		if strings.Contains(manifest, "\nkind: NetworkPolicy\n") {
			policies = append(policies, manifest)
		}
	}
	if len(policies) != 3 {
		p.t.Fatalf("the jobs have the policies %q, want three", policies)
	}
	p.apply(strings.Join(policies, "\n---\n"))
}

// podIP returns the address of a pod, NAMESPACE/NAME.
func (p *product) podIP(pod string) string {
	p.t.Helper()
	namespace, name, _ := strings.Cut(pod, "/")
	address, err := p.Kubectl(p.t.Context(), "get", "pod", name, "--namespace="+namespace, "--output=jsonpath={.status.podIP}")
	if err != nil {
		p.t.Fatal(err)
	}
	return address
}

// expectWays tries all ways at once, until each is permitted or refused as it should be.
func (p *product) expectWays(to map[string]string, permitted map[string][]string) {
	p.t.Helper()
	var ways sync.WaitGroup
	for from, names := range permitted {
		source := p.podIP(from)
		for name, address := range to {
			if strings.HasSuffix(from, "/as-"+name) {
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
	remove := []string{"delete", "--grace-period=1", "networkpolicy/echoblogs-bootstrap", "networkpolicy/echoblogs-apply-crds"}
	for _, pod := range policyPods {
		if name, ok := strings.CutPrefix(pod, namespace+"/"); ok {
			remove = append(remove, "pod/"+name)
		}
	}
	p.kubectl(remove...)
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", "outside", "outside-metrics"); err != nil {
		p.t.Error(err)
	}
}
