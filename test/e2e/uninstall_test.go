//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var crds = []string{"crd/tenants.tenancy.echoblogs.io", "crd/platforms.tenancy.echoblogs.io"}

// testUninstall uninstalls the product in each order that the docs name, and in wrong ones.
func (p *product) testUninstall() {
	p.testReinstall()
	plugin := p.buildPlugin(p.withDatabase())
	if testing.Short() {
		p.testRetain(plugin)
		p.deleteNamespace()
		return
	}
	p.exhaustBrake()
	p.testNamespaceFirst(plugin)
	p.testManifestsFirst(plugin)
	p.testRetain(plugin)
	p.upgrade() // creates the Platform again
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.createTenants("again", 5)
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
	if served := p.kubectl("get", "namespace", namespace, `--output=jsonpath={.metadata.labels.tenancy\.echoblogs\.io/served}`); served != "" {
		p.t.Errorf("the namespace says that an operator serves it: %q", served)
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

// exhaustBrake lets the operator end no further Tenant within the hour, so that it ends none that is deleted with it.
func (p *product) exhaustBrake() {
	p.t.Helper()
	p.values = append(p.values, "--set=platform.spec.protection.maxDeletionsPerHour=1") // for new Platforms
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"protection":{"maxDeletionsPerHour":1}}}`)
	p.kubectl("delete", "tenant", "t1", "--wait=false")
	p.wait("t1 is gone, or its deletion is held", func(context.Context) error {
		if left := p.kubectl("get", "tenant", "t1", "--ignore-not-found", "--output=jsonpath={.metadata.name} {.status.deletionHold.limit}"); left == "t1" {
			return errors.New("it is neither")
		}
		return nil
	})
}

// testNamespaceFirst deletes the namespace with everything in it, which hangs, because it deletes the operator before the
// Tenants. The plugin frees it, and a new namespace continues with the data.
func (p *product) testNamespaceFirst(plugin func(...string) string) {
	p.t.Helper()
	before := p.countTenants()
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", namespace, "--wait=false"); err != nil {
		p.t.Fatal(err)
	}
	p.waitHanging(before, "namespace/"+namespace)
	report := plugin("uninstall", "--keep-data")
	p.waitDeleted("namespace/" + namespace)
	p.expectLive(before)
	p.resume(plugin, report)
}

// testManifestsFirst deletes the manifests of those who install without Helm: the CRDs before the Tenants, and the operator with
// them, so that the CRDs hang as well. The plugin frees all, and a new namespace continues with the data.
func (p *product) testManifestsFirst(plugin func(...string) string) {
	p.t.Helper()
	before := p.countTenants()
	if _, err := p.Kubectl(p.t.Context(), "delete", "--filename=../../dist/install.yaml", "--wait=false", "--ignore-not-found"); err != nil {
		p.t.Fatal(err)
	}
	all := append([]string{"namespace/" + namespace}, crds...)
	p.waitHanging(before, all...)
	report := plugin("uninstall", "--keep-data")
	p.waitDeleted(all...)
	p.expectLive(before)

	p.createNamespace()
	if again := plugin("uninstall", "--keep-data", "--operator-stopped"); !strings.Contains(again, "Removed 0 Tenants and 0 Platforms") {
		p.t.Errorf("without CRDs, the plugin prints %q", again)
	}
	p.resume(plugin, report)
}

// waitHanging waits until no program runs, and expects that the Tenants and other objects are still being deleted.
func (p *product) waitHanging(tenants int, objects ...string) {
	p.t.Helper()
	p.wait("all pods are gone", func(context.Context) error {
		if pods := p.kubectl("get", "pods", "--output=name"); pods != "" {
			return fmt.Errorf("there are %s", pods)
		}
		return nil
	})
	if left := p.countTenants(); left != tenants {
		p.t.Fatalf("%d of %d Tenants are left: the data of the others is not accounted for", left, tenants)
	}
	for _, object := range objects {
		if p.kubectl("get", object, "--output=jsonpath={.metadata.deletionTimestamp}") == "" {
			p.t.Errorf("%s is not being deleted", object)
		}
	}
}

func (p *product) waitDeleted(objects ...string) {
	p.t.Helper()
	p.kubectl(append([]string{"wait", "--for=delete", "--timeout=90s"}, objects...)...)
}

func (p *product) countTenants() int {
	p.t.Helper()
	return len(strings.Fields(p.kubectl("get", "tenants", "--output=name")))
}

// expectLive fails the test unless so many tenants have their rows and schemas.
func (p *product) expectLive(want int) {
	p.t.Helper()
	db, err := pgx.Connect(p.t.Context(), p.inDatabase(p.Postgres.URI))
	if err != nil {
		p.t.Fatalf("connect to Postgres: %v", err)
	}
	defer db.Close(p.t.Context())
	var live int
	err = db.QueryRow(p.t.Context(), `SELECT count(*) FROM public.tenants t JOIN pg_namespace n ON n.nspname = t.schema_name WHERE t.state = 'live'`).Scan(&live)
	if err != nil || live != want {
		p.t.Errorf("%d rows are live, %v; want %d", live, err, want)
	}
}

// resume installs the product in a new namespace, as the docs say, and continues with the data.
func (p *product) resume(plugin func(...string) string, report string) {
	p.t.Helper()
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
	p.runReported(report, "annotate")
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	plugin("orphans", "recreate", "--all")
	p.waitReady()
	p.wait("the blog of carol is served", func(ctx context.Context) error {
		return p.browser().read(ctx, p.blog("carol")+"/first/", "The first words")
	})
}

// runReported runs the command with a verb that a report of the plugin contains.
func (p *product) runReported(report, verb string) {
	p.t.Helper()
	for line := range strings.Lines(report) {
		if command := strings.Fields(line); len(command) > 0 && command[0] == "kubectl" && slices.Contains(command, verb) {
			p.kubectl(command[1:]...)
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
	p.kubectl(append([]string{"delete", "--timeout=60s"}, crds...)...)
	p.t.Logf("everything was removed after %.1f s", time.Since(began).Seconds())
}

func (p *product) deleteNamespace() {
	p.t.Helper()
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", namespace, "--timeout=90s"); err != nil {
		p.t.Fatal(err)
	}
}

// testRetain turns every Tenant into a tombstone.
func (p *product) testRetain(plugin func(...string) string) {
	p.t.Helper()
	p.runReported(plugin("uninstall", "--retain"), "scale")
	if left := p.kubectl("get", "tenants,platforms,ingresses", "--output=name"); left != "" {
		p.t.Fatalf("there are still %s", left)
	}
	p.expectLive(0)
}
