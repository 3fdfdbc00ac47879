//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// testUninstall uninstalls the product in each order that the docs name, and in a wrong one.
func (p *product) testUninstall() {
	p.testReinstall()
	plugin := p.buildPlugin(p.withDatabase())
	if testing.Short() {
		plugin("uninstall", "--retain")
		p.expectNothing()
		p.deleteNamespace()
		return
	}
	p.testNamespaceFirst(plugin)
	p.testWithoutPlugin()
}

// testReinstall uninstalls the release and installs it again. The Tenants and their posts stay.
func (p *product) testReinstall() {
	p.t.Helper()
	before := p.kubectl("get", "tenants", "--output=jsonpath={.items[*].metadata.uid}")
	p.helm("uninstall", "echoblogs", "--wait")
	if after := p.kubectl("get", "tenants", "--output=jsonpath={.items[*].metadata.uid}"); after != before {
		p.t.Fatalf("the Tenants are %q, and were %q", after, before)
	}
	p.install()
	p.waitReady()
	if testing.Short() {
		p.startRouter() // the Services have other addresses
	}
	p.wait("the blog of carol is served", func(ctx context.Context) error {
		return p.browser().read(ctx, p.blog("carol")+"/first/", "The first words")
	})
}

// testNamespaceFirst deletes the namespace with everything in it, which hangs, because it deletes the operator before the
// Tenants. The plugin frees it, and a new namespace continues with the data.
func (p *product) testNamespaceFirst(plugin func(...string) string) {
	p.t.Helper()
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", namespace, "--wait=false"); err != nil {
		p.t.Fatal(err)
	}
	p.wait("all pods are gone", func(context.Context) error {
		if pods := p.kubectl("get", "pods", "--output=name"); pods != "" {
			return fmt.Errorf("there are %s", pods)
		}
		return nil
	})
	if p.kubectl("get", "tenants", "--output=name") == "" {
		p.t.Fatal("the Tenants went with the namespace: their data is not accounted for")
	}
	report := plugin("uninstall", "--keep-data")
	if _, err := p.Kubectl(p.t.Context(), "wait", "--for=delete", "namespace/"+namespace, "--timeout=90s"); err != nil {
		p.t.Fatal(err)
	}

	p.createNamespace()
	if p.scheme == "https" {
		p.applyCertificate()
	}
	values := p.values
	// The roles have passwords that only the deleted Secrets knew.
	p.values = append(values, "--set=postgres.bootstrap.resetPasswords=true", "--wait=false")
	p.helm(p.arguments("install")...)
	p.values = values
	p.kubectl("wait", "--for=condition=Stalled", "--timeout=90s", "platform/default")
	p.runReported(report)
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	plugin("orphans", "recreate", "--all")
	p.waitReady()
	p.wait("the blog of carol is served", func(ctx context.Context) error {
		return p.browser().read(ctx, p.blog("carol")+"/first/", "The first words")
	})
}

// runReported runs the command that a report of the plugin contains.
func (p *product) runReported(report string) {
	p.t.Helper()
	for line := range strings.Lines(report) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "kubectl annotate "); ok {
			p.kubectl(append([]string{"annotate"}, strings.Fields(command)...)...)
			return
		}
	}
	p.t.Fatalf("the report names no command:\n%s", report)
}

// testWithoutPlugin removes everything in the order that needs no plugin, with the CRDs at the end.
func (p *product) testWithoutPlugin() {
	p.t.Helper()
	began := time.Now()
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"protection":{"maxDeletionsPerHour":1000000}}}`)
	p.kubectl("delete", "tenants", "--all", "--timeout=120s")
	p.kubectl("delete", "platforms", "--all", "--timeout=60s")
	p.helm("uninstall", "echoblogs", "--wait")
	p.deleteNamespace()
	if _, err := p.Kubectl(p.t.Context(), "delete", "crd", "tenants.tenancy.echoblogs.io", "platforms.tenancy.echoblogs.io", "--timeout=60s"); err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("everything was removed after %.1f s", time.Since(began).Seconds())
}

func (p *product) deleteNamespace() {
	p.t.Helper()
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", namespace, "--timeout=90s"); err != nil {
		p.t.Fatal(err)
	}
}

// expectNothing fails the test if the namespace has a Tenant, a Platform or one of their Ingresses.
func (p *product) expectNothing() {
	p.t.Helper()
	if left := p.kubectl("get", "tenants,platforms,ingresses", "--output=name"); left != "" {
		p.t.Fatalf("there are still %s", left)
	}
}
