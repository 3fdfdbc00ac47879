//go:build e2e

package e2e_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// expectPlatformReady fails the test unless the Platform is Ready, without waiting: Helm 4 has waited.
func (p *product) expectPlatformReady() {
	p.t.Helper()
	const state = `--output=jsonpath={.status.conditions[?(@.type=="Ready")].status} {.metadata.generation} {.status.observedGeneration}`
	fields := strings.Fields(p.kubectl("get", "platform/default", state))
	if len(fields) != 3 || fields[0] != "True" || fields[1] != fields[2] {
		p.t.Fatalf("Helm has ended, and Ready, generation and observed generation of the Platform are %q", fields)
	}
}

// expectFailedTest returns an error unless "helm test" fails because of the database.
func (p *product) expectFailedTest() error {
	output, err := p.tryHelm("test", "echoblogs", "--logs")
	if err == nil {
		return errors.New("helm test passes without the database")
	}
	if !strings.Contains(output, "The database is unavailable") {
		return fmt.Errorf("helm test does not say that the database is unavailable: %w\n%s", err, output)
	}
	return nil
}

// testWrongSecret upgrades to a Platform whose Secret has a wrong password, while blogs are read. Helm fails, because the
// Platform does not become Ready, and the next upgrade repairs it.
func (p *product) testWrongSecret() {
	address := p.databaseAddress(databaseSecrets["operator"])
	address.User = url.UserPassword(address.User.Username(), "wrong")
	p.kubectl("create", "secret", "generic", "wrong", "--from-literal=uri="+address.String())
	tr := p.readWhile(func() {
		began := time.Now()
		output, err := p.tryHelm(append(p.arguments("upgrade"), "--set=platform.spec.database.secretRef.name=wrong", "--timeout=40s")...)
		if err == nil || !strings.Contains(output, "Platform") {
			p.t.Errorf("helm upgrade --wait with a wrong Secret: %v, want a failure that names the Platform\n%s", err, output)
		}
		p.t.Logf("helm upgrade --wait failed after %.1f s: %s", time.Since(began).Seconds(), output)
		if cause := p.kubectl("get", "platform/default", `--output=jsonpath={.status.conditions[?(@.type=="DatabaseReady")].message}`); !strings.Contains(cause, "password") {
			p.t.Errorf("DatabaseReady of the Platform says %q", cause)
		}
		p.upgrade()
	})
	tr.wantNoFailure("while the upgrade failed")
	p.waitReady()
}
