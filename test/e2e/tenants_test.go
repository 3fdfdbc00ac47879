//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func tenant(name string) string {
	return fmt.Sprintf(`apiVersion: tenancy.echoblogs.io/v1alpha1
kind: Tenant
metadata: {name: %s, namespace: %s}
spec: {paidUntil: "2099-01-01"}
---
`, name, namespace)
}

// testTenants creates Tenants by kubectl apply, and reads each blog through the ingress controller.
func (p *product) testTenants() {
	count := 20
	if testing.Short() {
		count = 5
	}
	p.createTenants("t", count)
}

// createTenants creates Tenants whose names begin with a prefix. Each is served as soon as it is Ready.
func (p *product) createTenants(prefix string, count int) {
	p.t.Helper()
	var manifests strings.Builder
	for i := range count {
		manifests.WriteString(tenant(fmt.Sprintf("%s%d", prefix, i)))
	}
	began := time.Now()
	p.apply(manifests.String())
	p.t.Logf("%d Tenants were created after %.1f s", count, time.Since(began).Seconds())
	p.waitReady()
	p.t.Logf("%d Tenants were Ready after %.1f s", count, time.Since(began).Seconds())
	b := p.browser()
	for i := range count {
		name := fmt.Sprintf("%s%d", prefix, i)
		if testing.Short() {
			p.waitStatus(b, p.blog(name)+"/", http.StatusOK) // nothing asks the router whether it has the route
		}
		if err := b.read(p.t.Context(), p.blog(name)+"/", name); err != nil {
			p.t.Errorf("a Tenant is Ready, but: %v", err)
		}
	}
	p.t.Logf("each of them had answered after %.1f s", time.Since(began).Seconds())
}

// waitReady waits until all Tenants are Ready, by one request at a time for all of them. kubectl wait sends several for each, and
// waits between them.
func (p *product) waitReady() {
	p.t.Helper()
	p.wait("all Tenants are Ready", func(context.Context) error {
		if unready := p.unready(); len(unready) > 0 {
			return fmt.Errorf("these are not: %s", unready)
		}
		return nil
	})
}

// unready returns the names of the Tenants that are not Ready.
func (p *product) unready() (names []string) {
	p.t.Helper()
	for line := range strings.Lines(p.kubectl("get", "tenants", `--output=jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}`)) {
		if name, ready, _ := strings.Cut(strings.TrimSpace(line), " "); ready != "True" {
			names = append(names, name)
		}
	}
	return names
}

// testSignUp registers a user on the public site, who confirms the email address and publishes the first post.
func (p *product) testSignUp() {
	p.waitStatus(p.browser(), p.site()+"/register/", http.StatusOK)
	began := time.Now()
	b := p.signUp("carol").browser
	p.t.Logf("a sign-up took %.0f ms until the blog was read", 1000*time.Since(began).Seconds())
	p.testMail("carol")
	if err := p.openEditor(p.t.Context(), b, "carol"); err != nil {
		p.t.Fatal(err)
	}
	address, err := p.publish(p.t.Context(), b, "carol", "first", "The first words")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.browser().read(p.t.Context(), address, "The first words"); err != nil {
		p.t.Error(err)
	}
}
