package docs_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// One of two installations that share the CRDs is removed, with its database and roles. The other one notices nothing.
func TestUninstallOfOneOfTwo(t *testing.T) {
	t.Parallel()
	first := newInstallation(t, postgrestest.NewServer(t, "").NewDatabase())
	second := newInstallation(t, postgrestest.New(t))
	first.ReadyTenant("alice")
	second.ReadyTenant("alice")
	second.write("alice", "Written in the other installation")
	const objects = `kubectl -n "$NAMESPACE" get tenants,platforms,secrets,deployments,roles,ingresses -o jsonpath='{range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {.metadata.generation}{"\n"}{end}'
kubectl get crd tenants.tenancy.echoblogs.io platforms.tenancy.echoblogs.io -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}'`
	before := second.script(objects)

	first.portal.Stop()
	listed := first.follow("One of two installations", 0)
	if !strings.Contains(listed, "0 live tenants and 1 tombstones stay") || !strings.Contains(listed, second.Namespace) {
		t.Errorf("it prints %s", listed)
	}
	if after := second.script(objects); after != before || !strings.Contains(after, "Tenant/alice ") {
		t.Errorf("the other installation has\n%s\nand had\n%s", after, before)
	}
	second.EditTenant("alice", suspended(true))
	second.waitBlog("alice", http.StatusPaymentRequired, "")
	second.EditTenant("alice", suspended(false))
	second.waitBlog("alice", http.StatusOK, "Written in the other installation")
	second.wantCRDsKept()

	first.operator.Stop()
	first.blog.Stop()
	first.Admin.Reset() // its connections would keep the database in use
	first.script("PREFIX=echoblogs\n" + first.content("One of two installations", 1))
}

// wantCRDsKept checks that the CRDs cannot be deleted by the command for it.
func (i *installation) wantCRDsKept() {
	i.t.Helper()
	if printed := i.script(`make uninstall 2>&1 || true`); !strings.Contains(printed, "the CRDs are left") {
		i.t.Errorf("make uninstall prints %s", printed)
	}
}

func suspended(suspended bool) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(suspended) }
}
