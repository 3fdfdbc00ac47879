//go:build e2e

package e2e_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/testkit/authority"
)

// databaseSecrets are those with the addresses of the database, by program.
var databaseSecrets = map[string]string{
	"operator": "echoblogs-database", "blog": "echoblogs-blog-database", "portal": "echoblogs-portal-database",
}

// testAuthority replaces the certificate of the database's authority by that of another one. Condition and logs name the
// authority that has signed the certificate of the database, and all continues when it is trusted again.
func (p *product) testAuthority() {
	another, err := authority.New(p.t.TempDir(), "another")
	if err != nil {
		p.t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(read(p.t, p.Postgres.CA)))
	trusted, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		p.t.Fatal(err)
	}
	want := fmt.Sprintf("was issued by %q, which is not trusted", trusted.Subject.String())
	p.breakDatabase("authority", func() {
		p.trustAuthority(another.File("ca.crt"))
		p.waitCause(want, "operator", "blog", "portal")
	})
	p.trustAuthority(p.Postgres.CA)
	p.expectRecovery("authority")
}

// testTLSMode turns TLS off in the addresses of the database, which accepts no connection without it. Condition and logs say
// that it is about TLS.
func (p *product) testTLSMode() {
	var restore func()
	p.breakDatabase("mode", func() {
		// With an authority, the operator uses TLS whatever the address says.
		p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"database":{"caSecretRef":null}}}`)
		restore = p.changeAddresses("sslmode=disable")
		p.waitCause("has no entry in pg_hba.conf for this user without TLS", "operator", "blog", "portal")
	})
	restore()
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"database":{"caSecretRef":{"name":"database-ca"}}}}`)
	p.expectRecovery("mode")
}

// testMissingFile names a certificate that no pod has in the addresses of the database. Condition and logs name the file. The
// operator keeps the connections of the former address, so new Tenants do not wait.
func (p *product) testMissingFile() {
	const file = "/nowhere/ca.crt"
	var restore func()
	p.readMeanwhile(func() {
		restore = p.changeAddresses("sslmode=verify-full&sslrootcert=" + file)
		p.waitCause("the file "+file+" that it names cannot be read", "operator", "blog", "portal")
	})
	restore()
	p.expectRecovery("file")
}

// changeAddresses gives the addresses of the database other parameters, until restore is called.
func (p *product) changeAddresses(parameters string) (restore func()) {
	p.t.Helper()
	former := make(map[string]*url.URL)
	for _, secret := range databaseSecrets {
		former[secret] = p.databaseAddress(secret)
		changed := *former[secret]
		changed.RawQuery = parameters
		p.setDatabaseAddress(secret, &changed)
	}
	return func() {
		p.t.Helper()
		for secret, address := range former {
			p.setDatabaseAddress(secret, address)
		}
	}
}

// breakDatabase breaks the connection to the database. Meanwhile, a blog answers with its page or 503, and a new Tenant waits.
func (p *product) breakDatabase(name string, breaks func()) {
	p.t.Helper()
	restarts := p.allRestarts()
	p.readMeanwhile(func() {
		breaks()
		p.apply(tenant("created-without-" + name))
		p.kubectl("wait", "--for=condition=Ready=false", "--timeout=60s", "tenant/created-without-"+name)
	})
	if after := p.allRestarts(); after != restarts {
		p.t.Errorf("the pods and their restarts are %s, and were %s", after, restarts)
	}
}

// trustAuthority changes the Secret with the certificate of the database's authority.
func (p *product) trustAuthority(file string) {
	p.t.Helper()
	p.kubectl("patch", "secret", "database-ca", "--patch", fmt.Sprintf(`{"stringData":{"ca.crt":%q}}`, read(p.t, file)))
}

// databaseAddress returns the address in a Secret.
func (p *product) databaseAddress(secret string) *url.URL {
	p.t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(p.kubectl("get", "secret/"+secret, "--output=jsonpath={.data.uri}"))
	if err != nil {
		p.t.Fatal(err)
	}
	address, err := url.Parse(string(decoded))
	if err != nil {
		p.t.Fatal("the address in a Secret is not a URL")
	}
	return address
}

func (p *product) setDatabaseAddress(secret string, address *url.URL) {
	p.t.Helper()
	p.kubectl("patch", "secret", secret, "--patch", fmt.Sprintf(`{"stringData":{"uri":%q}}`, address))
}

// waitCause waits until the Platform's condition and the logs of programs have a cause. The connections of the product are
// ended until then: they were made before.
func (p *product) waitCause(cause string, programs ...string) {
	p.t.Helper()
	since := "--since-time=" + time.Now().UTC().Format(time.RFC3339)
	db, err := pgx.Connect(p.t.Context(), p.Postgres.URI)
	if err != nil {
		p.t.Fatalf("connect to Postgres: %v", err)
	}
	defer db.Close(p.t.Context())
	began := time.Now()
	p.wait("condition and logs say: "+cause, func(ctx context.Context) error {
		if _, err := db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'echoblogs' AND pid <> pg_backend_pid()`); err != nil {
			return fmt.Errorf("end the connections: %w", err)
		}
		message := p.kubectl("get", "platform/default", `--output=jsonpath={.status.conditions[?(@.type=="DatabaseReady")].message}`)
		if !strings.Contains(message, cause) {
			return fmt.Errorf("DatabaseReady says %q", message)
		}
		for _, program := range programs {
			logs := p.kubectl("logs", "--selector=app.kubernetes.io/name=echoblogs-"+program, "--tail=-1", since)
			if !strings.Contains(strings.ReplaceAll(logs, `\"`, `"`), cause) {
				return fmt.Errorf("the log of the %s does not say so:\n%.2000s", program, logs)
			}
		}
		return nil
	})
	p.t.Logf("condition and logs named the cause after %.1f s", time.Since(began).Seconds())
}

// expectRecovery expects that everything continues without a restart when the database is within reach.
func (p *product) expectRecovery(name string) {
	p.t.Helper()
	restarts := p.allRestarts()
	began := time.Now()
	p.kubectl("wait", "--for=condition=Ready", "--timeout=120s", "platform/default")
	p.waitReady()
	p.t.Logf("all Tenants were Ready %.1f s after the cause was gone", time.Since(began).Seconds())
	attempts := 0
	p.wait("someone can sign up", func(ctx context.Context) error {
		attempts++
		return p.register(ctx, p.browser(), fmt.Sprintf("%s%d", name, attempts))
	})
	p.waitStatus(p.browser(), p.blog("t0")+"/", http.StatusOK)
	if after := p.allRestarts(); after != restarts {
		p.t.Errorf("the pods and their restarts are %s, and were %s", after, restarts)
	}
}

// allRestarts returns the names of all pods with how often their containers were started again.
func (p *product) allRestarts() string {
	p.t.Helper()
	pods := strings.Fields(p.kubectl("get", "pods", "--selector=app.kubernetes.io/part-of=echoblogs", "--output=jsonpath={range .items[*]}{.metadata.name}:{.status.containerStatuses[*].restartCount}{\"\\n\"}{end}"))
	slices.Sort(pods)
	return strings.Join(pods, " ")
}
