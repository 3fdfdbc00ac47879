//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

const (
	// domain is that of the platform, and namespace that of its installation.
	domain, namespace = "blogs.test", "echoblogs"
	// patience bounds what is waited for, on a busy machine.
	patience = 2 * time.Minute
)

// product is an installation of the product by its chart on a node.
type product struct {
	*node.Node
	t *testing.T
}

// TestProduct installs the product as its users do, uses it, takes away what it stands on, upgrades and uninstalls it.
func TestProduct(t *testing.T) {
	t.Parallel()
	p := &product{Node: start(t, node.Traefik, node.Flux), t: t}
	archives, err := node.BuildProductImages(t.Context(), t.TempDir())
	if err != nil {
		t.Fatalf("build the images of the product: %v", err)
	}
	if err := p.Import(t.Context(), archives...); err != nil {
		t.Fatalf("import the images of the product: %v", err)
	}
	p.createDatabase()
	p.install()

	p.run("Tenants", (*product).testTenants)
	p.run("SignUp", (*product).testSignUp)
	p.run("Flux", (*product).testFlux)
	p.run("NoBackend", (*product).testNoBackend)
	p.run("NoDatabase", (*product).testNoDatabase)
	p.run("NoAPIServer", (*product).testNoAPIServer)
	p.run("Upgrade", (*product).testUpgrade)
	p.run("Uninstall", (*product).testUninstall)
}

// run runs a part of the test, and the parts after it only if it passes.
func (p *product) run(name string, part func(*product)) {
	ok := p.t.Run(name, func(t *testing.T) { part(&product{Node: p.Node, t: t}) })
	if !ok {
		p.explain()
		p.t.FailNow()
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
	output, err := p.Kubectl(p.t.Context(), append(arguments, "--namespace="+namespace)...)
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

// createDatabase creates a database, and the namespace with the Secrets of its administrator and of its authority.
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
	administrator, err := url.Parse(p.Postgres.PodURI)
	if err != nil {
		p.t.Fatal(err)
	}
	administrator.Path = "/echoblogs"
	p.apply(fmt.Sprintf(`apiVersion: v1
kind: Namespace
metadata:
  name: %[1]s
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
apiVersion: v1
kind: Secret
metadata: {name: administrator, namespace: %[1]s}
stringData: {uri: %[2]q}
---
apiVersion: v1
kind: Secret
metadata: {name: database-ca, namespace: %[1]s}
stringData:
  ca.crt: |
    %[3]s
`, namespace, administrator, indent(read(p.t, p.Postgres.CA))))
}

// helm runs Helm, and returns what it prints.
func (p *product) helm(arguments ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Getenv("HELM"), append(arguments, "--namespace="+namespace, "--kubeconfig="+p.Kubeconfig)...)
	output, err := command.CombinedOutput()
	if err != nil {
		p.explain()
		p.t.Fatalf("helm %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

// install installs the product by its chart: the required values, the authority of the database, and the images.
func (p *product) install() {
	p.t.Helper()
	began := time.Now()
	p.helm(p.values("install")...)
	p.t.Logf("helm install --wait took %.1f s", time.Since(began).Seconds())
	p.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "platform/default")
	p.helm("test", "echoblogs")
}

// values returns the arguments of an installation or an upgrade.
func (p *product) values(verb string, more ...string) []string {
	return append([]string{
		verb, "echoblogs", "../../charts/echoblogs", "--wait", "--timeout=3m",
		"--set=domain=" + domain, "--set=postgres.bootstrap.administratorSecret=administrator", "--set=mail.enabled=false",
		"--set=postgres.caSecret=database-ca", "--set=ingress.address=traefik.traefik.svc:80", "--set=image.registry=docker.io/library", "--set=image.tag=dev",
	}, more...)
}

// client returns a client that reaches Traefik under every host name.
func (p *product) client() *http.Client {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, p.HTTP)
		},
	}}
}

// get returns the status and the text of a page.
func get(ctx context.Context, client *http.Client, address string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// waitStatus waits until a page has a status.
func (p *product) waitStatus(client *http.Client, address string, want int) string {
	p.t.Helper()
	var text string
	p.wait(fmt.Sprintf("%s answers %d", address, want), func(ctx context.Context) error {
		status, body, err := get(ctx, client, address)
		if err == nil && status != want {
			err = fmt.Errorf("it answers %d: %.300s", status, body)
		}
		text = body
		return err
	})
	return text
}

func (p *product) wait(what string, check func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("wait until %s: %v", what, err)
		case <-ticker.C:
		}
	}
}

func tenant(name string) string {
	return fmt.Sprintf(`apiVersion: tenancy.echoblogs.io/v1alpha1
kind: Tenant
metadata: {name: %s, namespace: %s}
spec: {paidUntil: "2099-01-01"}
---
`, name, namespace)
}

// testTenants creates Tenants by kubectl apply, and reads each blog through Traefik.
func (p *product) testTenants() {
	const count = 5
	var manifests strings.Builder
	for i := range count {
		manifests.WriteString(tenant(fmt.Sprintf("t%d", i)))
	}
	began := time.Now()
	p.apply(manifests.String())
	p.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant", "--all")
	p.t.Logf("%d Tenants were Ready after %.1f s", count, time.Since(began).Seconds())
	for i := range count {
		text := p.waitStatus(p.client(), fmt.Sprintf("http://t%d.%s/", i, domain), http.StatusOK)
		if !strings.Contains(text, fmt.Sprintf("t%d", i)) {
			p.t.Errorf("the blog of t%d is\n%s", i, text)
		}
	}
}

// testSignUp registers a user on the public site, through Traefik, and reads the new blog.
func (p *product) testSignUp() {
	client := p.client()
	site := "http://" + domain
	p.waitStatus(client, site+"/register/", http.StatusOK)
	form := url.Values{"username": {"carol"}, "email": {"carol@example.org"}, "password": {"a long enough password"}, "confirm_password": {"a long enough password"}}
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, site+"/register/", strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", site)
	response, err := client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		p.t.Fatalf("sign-up answers %d, %v:\n%s", response.StatusCode, err, text)
	}
	p.wait("carol has signed up and is logged in", func(ctx context.Context) error {
		if _, _, err := get(ctx, client, response.Request.URL.String()); err != nil { // it may be the page of progress
			return err
		}
		_, home, err := get(ctx, client, site+"/")
		if err == nil && !strings.Contains(home, "Welcome, carol") {
			err = fmt.Errorf("the home page is\n%s", home)
		}
		return err
	})
	p.waitStatus(client, "http://carol."+domain+"/", http.StatusOK)
}

// testNoBackend takes all pods of the blog away. Readers get 503, and the Platform says so.
func (p *product) testNoBackend() {
	p.kubectl("scale", "deployment/echoblogs-blog", "--replicas=0")
	client := p.client()
	p.waitStatus(client, "http://t0."+domain+"/", http.StatusServiceUnavailable)
	p.kubectl("wait", "--for=condition=BackendReady=false", "--timeout=90s", "platform/default")
	p.kubectl("wait", "--for=condition=Ready=false", "--timeout=90s", "tenant/t0")
	p.kubectl("scale", "deployment/echoblogs-blog", "--replicas=2")
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "tenant", "--all")
	p.waitStatus(client, "http://t0."+domain+"/", http.StatusOK)
}

// testNoDatabase stops Postgres for longer than the blog answers from memory. Its pods stay ready, and answer 503 themselves.
func (p *product) testNoDatabase() {
	if err := p.StopProgram(p.t.Context(), "postgres"); err != nil {
		p.t.Fatal(err)
	}
	client := p.client()
	pace := time.NewTicker(time.Second)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < 70*time.Second; <-pace.C {
		for _, address := range []string{"http://t0." + domain + "/", "http://" + domain + "/"} {
			status, text, err := get(p.t.Context(), client, address)
			// The landing page needs no database.
			if err != nil || status == http.StatusNotFound || address == "http://t0."+domain+"/" && (status != http.StatusServiceUnavailable || !strings.Contains(text, "temporarily unavailable")) {
				p.t.Fatalf("%.0f s after Postgres was stopped, %s answers %d, %v:\n%.300s", time.Since(began).Seconds(), address, status, err, text)
			}
		}
	}
	if err := p.StartProgram(p.t.Context(), "postgres"); err != nil {
		p.t.Fatal(err)
	}
	p.waitStatus(client, "http://t0."+domain+"/", http.StatusOK)
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "tenant", "--all")
}

// testNoAPIServer stops the API server for longer than a lease lasts. Blogs are served, and the operator continues in the same
// process.
func (p *product) testNoAPIServer() {
	if err := p.StopProgram(p.t.Context(), "kube-apiserver"); err != nil {
		p.t.Fatal(err)
	}
	client := p.client()
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < 30*time.Second; <-pace.C {
		if status, _, err := get(p.t.Context(), client, "http://t1."+domain+"/"); err != nil || status != http.StatusOK {
			p.t.Fatalf("%.0f s after the API server was stopped, a blog answers %d, %v", time.Since(began).Seconds(), status, err)
		}
	}
	if err := p.StartProgram(p.t.Context(), "kube-apiserver"); err != nil {
		p.t.Fatal(err)
	}
	began := time.Now()
	p.wait("a Tenant can be created", func(ctx context.Context) error { return p.Apply(ctx, tenant("after-outage")) })
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "tenant/after-outage")
	p.t.Logf("a Tenant was Ready %.1f s after the API server was started", time.Since(began).Seconds())
	if restarts := p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-operator", "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}"); strings.Trim(restarts, " 0") != "" {
		p.t.Errorf("the operators were restarted %s times", restarts)
	}
}

// testUpgrade replaces all pods while blogs are read without a pause.
func (p *product) testUpgrade() {
	ctx, cancel := context.WithCancel(p.t.Context())
	var (
		reading  sync.WaitGroup
		mu       sync.Mutex
		requests int
		failed   []string
	)
	for i := range 4 {
		reading.Go(func() {
			client := p.client()
			for ctx.Err() == nil {
				address := fmt.Sprintf("http://t%d.%s/", i, domain)
				status, text, err := get(p.t.Context(), client, address)
				mu.Lock()
				requests++
				if err != nil || status != http.StatusOK {
					failed = append(failed, fmt.Sprintf("%s answers %d, %v: %.200s", address, status, err, text))
				}
				mu.Unlock()
			}
		})
	}
	p.helm(p.values("upgrade", "--set-string=blog.podAnnotations.test/round=2", "--set-string=portal.podAnnotations.test/round=2", "--set-string=operator.podAnnotations.test/round=2")...)
	cancel()
	reading.Wait()
	p.t.Logf("%d requests during the upgrade, %d failed", requests, len(failed))
	if len(failed) > 0 || requests < 100 {
		p.t.Errorf("%d of %d requests failed, the first: %s", len(failed), requests, strings.Join(failed[:min(3, len(failed))], "\n"))
	}
	p.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant", "--all")
}

// testUninstall uninstalls the product and installs it again. The Tenants and their posts stay.
func (p *product) testUninstall() {
	before := p.kubectl("get", "tenants", "--output=jsonpath={.items[*].metadata.uid}")
	p.helm("uninstall", "echoblogs", "--wait")
	if after := p.kubectl("get", "tenants", "--output=jsonpath={.items[*].metadata.uid}"); after != before {
		p.t.Fatalf("the Tenants are %q, and were %q", after, before)
	}
	p.install()
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "tenant", "--all")
	p.waitStatus(p.client(), "http://carol."+domain+"/", http.StatusOK)
}
