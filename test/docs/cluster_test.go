package docs_test

import (
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The namespace is uninstalled and deleted, and everything is created again from the backup, on the same database.
func TestClusterIsLost(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice", func(t *v1alpha1.Tenant) {
		t.Labels = map[string]string{"plan": "large"}
		t.Spec.Owner = &v1alpha1.TenantOwner{Username: "alice"}
	})
	i.ReadyTenant("bob")
	i.write("alice", "Written before")
	i.write("bob", "Written before")
	i.follow("Back up", 0)

	i.operator.Stop()
	i.portal.Stop()
	if printed := i.follow("Uninstall", 0); !strings.Contains(printed, "2 live tenants and 0 tombstones stay") {
		t.Errorf("it prints %q", printed)
	}
	i.follow("Uninstall", 2)

	i.RecreateNamespace()
	i.operator = i.StartOperator()
	i.follow("The cluster is lost", 0)
	i.portal = i.StartPortal(0)
	for _, name := range []string{"alice", "bob"} {
		i.waitBlog(name, http.StatusOK, "Written before")
	}
	if plan := i.Tenant("alice").Labels["plan"]; plan != "large" {
		t.Errorf("alice has the label plan=%q", plan)
	}
	if printed, status, err := i.Doctor(t.Context()); err != nil || status != 0 {
		t.Errorf("the doctor prints %s, error %v", printed, err)
	}
}

// A Platform in another namespace takes over the database by the commands in docs/operations.md.
func TestMoveToAnotherCluster(t *testing.T) {
	t.Parallel()
	first := newInstallation(t, postgrestest.New(t))
	owned := func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: "alice"} }
	first.ReadyTenant("alice", owned)
	first.write("alice", "Written before")
	second := &installation{Platform: stack.NewOn(t, first.Database), t: t}
	second.StartOperator()
	second.StartBlog(0)
	second.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)

	var namespace corev1.Namespace
	if err := first.Client.Get(t.Context(), client.ObjectKey{Name: first.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}
	b, err := takeBlock(operationPage, "Move to another cluster", 0)
	if err != nil {
		t.Fatal(err)
	}
	inNamespace := `kubectl() { command kubectl --namespace="$NAMESPACE" "$@"; }` + "\n"
	if printed := second.script(inNamespace + strings.ReplaceAll(b.Content, "=UID", "="+string(namespace.UID))); !strings.Contains(printed, string(namespace.UID)) {
		t.Errorf("the condition has no UID: %s", printed)
	}
	second.WaitReady()
	second.ReadyTenant("alice", owned)
	second.waitBlog("alice", http.StatusOK, "Written before")
	first.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)
}

// The API server forgets that a Tenant was deleted, and that another one was created.
func TestAPIServerIsOlder(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	for _, name := range []string{"alice", "bob", "carol"} {
		i.ReadyTenant(name)
		i.write(name, "Written before")
	}
	i.DeleteTenants("bob")
	i.operator.Stop()
	i.EditTenant("carol", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	i.DeleteTenants("carol")
	i.CreateTenant("bob")
	i.operator = i.StartOperator()

	i.WaitCondition("bob", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
	printed := strings.Fields(i.follow("The API server is as old as its backup", 0))
	if listed := strings.Join(printed, " "); !strings.Contains(listed, " carol - carol.example.com ") || !strings.Contains(listed, " bob Failed ") || strings.Contains(listed, "alice") {
		t.Errorf("it lists %s", listed)
	}
	i.waitBlog("carol", http.StatusOK, "Written before")
	i.follow("The API server is as old as its backup", 1)
	i.WaitTenantsReady("carol")
	i.WaitGone("bob")
	if n := i.Count(`SELECT count(*) FROM public.tenants t JOIN pg_namespace n ON n.nspname = t.tombstone_schema WHERE name = 'bob'`); n != 1 {
		t.Errorf("bob has %d tombstones, want 1", n)
	}
}

func TestUninstallRetains(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice")
	if printed := i.follow("Uninstall", 1); !strings.Contains(printed, "0 live tenants and 1 tombstones stay") {
		t.Errorf("it prints %q", printed)
	}
}

func TestUninstallWithoutPlugin(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice")
	i.portal.Stop()
	i.follow("Without the plugin", 0) // the test of the node deletes the CRDs, too
	if n := i.Count(`SELECT count(*) FROM public.tenants WHERE state = 'tombstone'`); n != 1 {
		t.Errorf("%d tombstones stay, want 1", n)
	}
}

func TestNamespaceHangs(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice")
	i.operator.Stop()
	i.portal.Stop()
	i.script(`kubectl delete namespace "$NAMESPACE" --wait=false`)
	i.follow("A namespace that hangs", 0)
	if n := i.Count(`SELECT count(*) FROM public.tenants WHERE state = 'live'`); n != 1 {
		t.Errorf("%d rows are live, want 1", n)
	}
}
