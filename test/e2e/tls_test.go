//go:build e2e

package e2e_test

import (
	"context"
	"crypto/x509/pkix"
	"fmt"
	"net/http"
	"strings"

	"github.com/echoblogs/echoblogs/test/testkit/authority"
)

// testTLS changes the platform to HTTPS with a wildcard certificate, and then to an Ingress for each Tenant.
func (p *product) testTLS() {
	signer, err := authority.New(p.t.TempDir(), "test")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := signer.Issue("wildcard", pkix.Name{CommonName: domain}, domain, "*."+domain); err != nil {
		p.t.Fatal(err)
	}
	p.certificate, p.key = read(p.t, signer.File("wildcard.crt")), read(p.t, signer.File("wildcard.key"))
	p.applyCertificate()
	p.authorities.AppendCertsFromPEM([]byte(read(p.t, signer.File("ca.crt"))))
	// The address was set with plain HTTP, and a value that is set precedes those of files.
	p.upgrade("--values=../../examples/tls/values.yaml", "--set=ingress.address=traefik.traefik.svc:443")
	plain := p.browser()
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, address := range []string{p.site(), p.blog("t0")} {
		p.waitStatus(plain, address+"/", http.StatusMovedPermanently)
	}
	p.scheme = "https"
	p.waitReady()
	b := p.browser()
	for i := range 20 {
		name := fmt.Sprintf("t%d", i)
		if err := b.read(p.t.Context(), p.blog(name)+"/", name); err != nil {
			p.t.Error(err)
		}
	}
	p.signUp("tls")
	if url := p.kubectl("get", "tenant/tls", "--output=jsonpath={.status.url}"); !strings.HasPrefix(url, "https://tls.") {
		p.t.Errorf("the address in the status is %q", url)
	}
	p.createMany("wide")
	p.deleteMany("wide")
	p.testPerTenant()
}

// testPerTenant replaces the wildcard by an Ingress for each Tenant, while blogs are read.
func (p *product) testPerTenant() {
	p.t.Helper()
	tr := p.readWhile(func() {
		p.upgrade("--set=ingress.mode=PerTenant")
		// It stays for two minutes after the last change of an Ingress, and the operator looks every minute.
		err := eventuallyNilWithin(p.t.Context(), 2*patience, func(context.Context) error {
			hosts := p.kubectl("get", "ingresses", "--output=jsonpath={range .items[*]}{.spec.rules[*].host} {end}")
			if strings.Contains(hosts, "*.") || !strings.Contains(hosts, "t0."+domain) {
				return fmt.Errorf("the hosts are %s", hosts)
			}
			return nil
		})
		if err != nil {
			p.t.Fatalf("wait until the wildcard is deleted: %v", err)
		}
	})
	tr.wantNoFailure("while the wildcard was replaced")
	// Each of them has a route when it is Ready, however long the ingress controller takes.
	p.createMany("many")
}

// applyCertificate creates the Secret with the wildcard certificate.
func (p *product) applyCertificate() {
	p.t.Helper()
	p.apply(fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata: {name: blogs-wildcard-tls, namespace: %s}
type: kubernetes.io/tls
stringData:
  tls.crt: |
    %s
  tls.key: |
    %s
`, namespace, indent(p.certificate), indent(p.key)))
}
