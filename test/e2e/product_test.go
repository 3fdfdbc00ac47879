//go:build e2e

package e2e_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/e2e/node"
	"github.com/echoblogs/echoblogs/test/testkit/mailserver"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

const (
	// domain is that of the platform, and namespace that of its installation.
	domain, namespace = "blogs.test", "echoblogs"
	// patience bounds what is waited for, on a busy machine.
	patience = 2 * time.Minute
)

// product is an installation of the product by its chart on a node, in a part of the test.
type product struct {
	*installation
	t *testing.T
}

// installation is what the parts of the test share.
type installation struct {
	*node.Node
	// scheme is http or https, and the addresses are those of the ingress controller on this machine.
	scheme, http, https string
	// authorities have signed the certificate of the ingress controller, which is in PEM like its key.
	authorities      *x509.CertPool
	certificate, key string
	// mails is the mail server of the public site, and mailSecrets are the manifests of what the site needs for it.
	mails       *mailserver.Server
	mailSecrets string
	// folder is for files of the whole test.
	folder string
	// chart is the folder of the chart, and values are arguments of Helm.
	chart  string
	values []string
}

// TestProduct installs the product as its users do, uses it, takes away what it stands on, upgrades and uninstalls it. With
// -short, it does less, and without an ingress controller of its own.
func TestProduct(t *testing.T) {
	t.Parallel()
	p := &product{installation: &installation{scheme: "http", authorities: x509.NewCertPool(), chart: "../../charts/echoblogs", folder: t.TempDir()}, t: t}
	p.values = []string{
		"--values=../../examples/quickstart/values.yaml", "--set=domain=" + domain,
		"--set=postgres.caSecret=database-ca", "--set=image.registry=docker.io/library", "--set=image.tag=dev",
		// All visitors have the same address, or choose it.
		"--set=portal.extraArgs={--registrations-per-hour=1000}",
	}
	if testing.Short() {
		p.Node = start(t)
		p.values = append(p.values, "--set=ingress.className="+routerClass)
	} else {
		p.Node = start(t, node.Traefik, node.Flux)
		p.http, p.https = p.HTTP, p.HTTPS
		p.values = append(p.values, "--set=ingress.address=traefik.traefik.svc:80", "--set=ingress.traefik.retries=true")
	}
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	p.buildImages(root, "dev")
	p.createDatabase()
	p.startMail()
	p.createNamespace()
	p.install()
	if testing.Short() {
		p.startRouter()
	}

	p.run("Tenants", (*product).testTenants)
	p.run("SignUp", (*product).testSignUp)
	p.run("Inspection", (*product).testInspection)
	p.run("Metrics", (*product).testMetrics)
	if !testing.Short() {
		p.run("WrongSecret", (*product).testWrongSecret)
		p.run("Unserved", (*product).testUnserved)
		p.run("Flux", (*product).testFlux)
		p.run("Policies", (*product).testPolicies)
		p.run("NoBackend", (*product).testNoBackend)
		p.run("KilledBackend", (*product).testKilledBackend)
		p.run("FrozenBackend", (*product).testFrozenBackend)
		p.run("CatchAll", (*product).testCatchAll)
		p.run("Retries", (*product).testRetries)
		p.run("KilledOperator", (*product).testKilledOperator)
		p.run("EvictedOperators", (*product).testEvictedOperators)
		p.run("EvictedBlogs", (*product).testEvictedBlogs)
		p.run("Memory", (*product).testMemory)
		p.run("Passwords", (*product).testPasswords)
		p.run("Authority", (*product).testAuthority)
		p.run("TLSMode", (*product).testTLSMode)
		p.run("MissingFile", (*product).testMissingFile)
		p.run("NoIngressController", (*product).testNoIngressController)
		p.run("NoDNS", (*product).testNoDNS)
		p.run("NoDatabase", (*product).testNoDatabase)
		p.run("NoAPIServer", (*product).testNoAPIServer)
		p.run("TLS", (*product).testTLS)
		p.run("Restart", (*product).testRestart)
	}
	p.run("Upgrade", (*product).testUpgrade)
	p.run("Uninstall", (*product).testUninstall)
}

// run runs a part of the test, and the parts after it only if it passes.
func (p *product) run(name string, part func(*product)) {
	ok := p.t.Run(name, func(t *testing.T) { part(&product{installation: p.installation, t: t}) })
	if !ok {
		p.explain()
		p.t.FailNow()
	}
}

// buildImages builds the images of a source tree, and imports them.
func (p *product) buildImages(root, tag string) {
	p.t.Helper()
	archives, err := node.BuildProductImages(p.t.Context(), root, tag, p.t.TempDir())
	if err != nil {
		p.t.Fatalf("build the images of the product: %v", err)
	}
	if err := p.Import(p.t.Context(), archives...); err != nil {
		p.t.Fatalf("import the images of the product: %v", err)
	}
}

// explain logs the state of the installation.
func (p *product) explain() {
	for _, arguments := range [][]string{
		{"get", "pods,platforms,tenants,jobs,ingresses", "--namespace=" + namespace, "--output=wide"},
		{"get", "events", "--namespace=" + namespace, "--field-selector=type=Warning"},
		{"logs", "--namespace=" + namespace, "--selector=app.kubernetes.io/part-of=echoblogs", "--prefix", "--tail=5"},
	} {
		output, err := p.Kubectl(context.Background(), arguments...)
		p.t.Logf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
}

// kubectl runs kubectl in the namespace of the installation.
func (p *product) kubectl(arguments ...string) string {
	p.t.Helper()
	output, err := p.Kubectl(p.t.Context(), append([]string{"--namespace=" + namespace}, arguments...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(output)
}

func (p *product) apply(yaml string) {
	p.t.Helper()
	if err := p.Apply(p.t.Context(), yaml); err != nil {
		p.t.Fatal(err)
	}
}

// createDatabase creates a database for the product.
func (p *product) createDatabase() {
	p.t.Helper()
	db, err := pgx.Connect(p.t.Context(), p.Postgres.URI)
	if err != nil {
		p.t.Fatalf("connect to Postgres: %v", err)
	}
	defer db.Close(p.t.Context())
	if _, err := db.Exec(p.t.Context(), `CREATE DATABASE echoblogs`); err != nil {
		p.t.Fatalf("create the database: %v", err)
	}
}

// inDatabase returns a connection string of the server for the product's database.
func (p *product) inDatabase(uri string) string {
	p.t.Helper()
	parsed, err := url.Parse(uri)
	if err != nil {
		p.t.Fatal(err)
	}
	parsed.Path = "/echoblogs"
	return parsed.String()
}

// createNamespace creates the namespace, with the Secrets of the database's administrator, of its authority and for emails.
func (p *product) createNamespace() {
	p.t.Helper()
	p.apply(fmt.Sprintf(`apiVersion: v1
kind: Namespace
metadata:
  name: %[1]s
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
apiVersion: v1
kind: Secret
metadata: {name: echoblogs-administrator, namespace: %[1]s}
stringData: {uri: %[2]q}
---
apiVersion: v1
kind: Secret
metadata: {name: database-ca, namespace: %[1]s}
stringData:
  ca.crt: |
    %[3]s
`, namespace, p.inDatabase(p.Postgres.PodURI), indent(read(p.t, p.Postgres.CA))) + "---\n" + p.mailSecrets)
}

// helm runs Helm, and returns what it prints.
func (p *product) helm(arguments ...string) string {
	p.t.Helper()
	output, err := p.tryHelm(arguments...)
	if err != nil {
		p.explain()
		p.t.Fatalf("helm %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return output
}

// tryHelm runs Helm, and returns what it prints, also when it fails.
func (p *product) tryHelm(arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Getenv("HELM"), append(arguments, "--namespace="+namespace, "--kubeconfig="+p.Kubeconfig)...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// install installs the product by its chart: the required values, the authority of the database, and the images.
func (p *product) install() {
	p.t.Helper()
	began := time.Now()
	p.helm(p.arguments("install")...)
	p.t.Logf("helm install --wait took %.1f s", time.Since(began).Seconds())
	p.expectPlatformReady()
	p.helm("test", "echoblogs")
}

// upgrade upgrades the release with further values, which it keeps.
func (p *product) upgrade(values ...string) {
	p.t.Helper()
	p.values = append(p.values, values...)
	p.helm(p.arguments("upgrade")...)
	p.expectPlatformReady()
}

// arguments returns the arguments of an installation or an upgrade. Of two equal values, Helm takes the last.
func (p *product) arguments(verb string) []string {
	return append([]string{verb, "echoblogs", p.chart, "--wait", "--timeout=3m"}, p.values...)
}

// wait waits until check returns nil.
func (p *product) wait(what string, check func(context.Context) error) {
	p.t.Helper()
	if err := eventuallyNil(p.t.Context(), check); err != nil {
		p.t.Fatalf("wait until %s: %v", what, err)
	}
}

// eventuallyNil repeats a check until it returns nil, or returns its last error after patience.
func eventuallyNil(ctx context.Context, check func(context.Context) error) error {
	return eventuallyNilWithin(ctx, patience, check)
}

// eventuallyNilWithin is eventuallyNil for another time.
func eventuallyNilWithin(ctx context.Context, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err // not that the time was up
		}
		select {
		case <-ctx.Done():
			return last
		case <-tick.C:
		}
	}
}
