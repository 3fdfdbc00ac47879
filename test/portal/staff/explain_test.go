package staff_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The page and the command explain a tenant with the same words; the page without what the public site may not read.
func TestExplanation(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	for _, name := range []string{"alice", "bob", "dave"} {
		p.CreateTenant(name)
	}
	p.WaitTenantsReady("alice", "bob", "dave")
	p.DeleteTenants("dave")
	p.CreateTenant("dave")
	p.CreateTenant("carol", platformtest.WithSpec(v1alpha1.TenantSpec{Domain: "elsewhere.example.org"}))
	v := portaltest.NewStaff(t, p, site)
	waitPage(p, v, "/staff/?phase=Failed", "/staff/tenants/carol/", "/staff/tenants/dave/")
	v.Submit("/staff/tenants/bob/suspend/").Want(t, http.StatusOK)
	waitPage(p, v, "/staff/tenants/bob/", "First problem: Active.")

	explain := func(name string, texts ...string) string {
		t.Helper()
		printed, err := p.RunPlugin(t.Context(), "explain", name)
		if err != nil {
			t.Errorf("explain %s: %v", name, err)
		}
		for _, text := range texts {
			if !strings.Contains(printed, text) {
				t.Errorf("explain %s lacks %q:\n%s", name, text, printed)
			}
		}
		return printed
	}
	healthy := "No problem was found: alice is served at http://alice.example.com"
	explain("alice", healthy, "Ingress tenant-alice has ")
	v.Get("/staff/tenants/alice/").Want(t, http.StatusOK, healthy, "Layers without a problem (12)", "<dt>Route</dt><dd><strong>ok</strong>. Ingress tenant-alice routes to the backend.<br>",
		"Its row has the ID").Without(t, "could not be read", "Ingress tenant-alice has", "Last change of Ingress")
	suspended := "First problem: Active. Suspended by spec.suspended: readers get 402 Payment Required."
	explain("bob", suspended, "Last change of spec.suspended: by echoblogs-staff at ", "Last change of suspend: by root-eve at ", "\nAudit log:\n", "  root-eve: suspend\n")
	v.Get("/staff/tenants/bob/").Want(t, http.StatusOK, suspended, "Layers without a problem (11)", "Last change of spec.suspended: by echoblogs-staff, ", "Last change of suspend: by root-eve, ",
		"What to do: To resume it, set spec.suspended to false.", "patch tenant bob --type=merge")
	v.Get("/staff/tenants/carol/").Want(t, http.StatusOK, "First problem: Hosts. ", "<strong>wrong</strong>", "<strong>waiting</strong>", "edit tenant carol")
	explain("carol", "First problem: Hosts. ")
	v.Get("/staff/tenants/dave/").Want(t, http.StatusOK, "First problem: Schema. ", "annotate tenant dave tenancy.echoblogs.io/on-tombstone=Restore/")
	explain("dave", "First problem: Schema. ")
	printed, err := p.RunPlugin(t.Context(), "explain", "nobody")
	wantNobody(t, printed, err)
}

// wantNobody checks the explanation of a name that nothing has.
func wantNobody(t *testing.T, printed string, err error) {
	t.Helper()
	const text = `here is no Tenant "nobody" in the namespace`
	if err == nil || !strings.Contains(err.Error(), text) || !strings.HasPrefix(printed, "First problem: Tenant. T"+text) {
		t.Errorf("an unknown name is explained by %q, error %v", printed, err)
	}
}

// Where the database is out of reach, the commands run in a pod of the operator. The program that kubectl would run there
// stands in for it.
func TestCommandsInThePodOfTheOperator(t *testing.T) {
	t.Parallel()
	p, _ := portaltest.NewSite(t)
	p.CreateTenant("alice")
	p.WaitTenantsReady("alice")
	allowRoutesAndDeployments(t, p)
	operator, account := p.OperatorCommand()
	folder := t.TempDir()
	program := writeScript(t, folder, "operator-elsewhere", fmt.Sprintf(`exec %s "$@" %s`, operator, account))
	const (
		healthy  = "No problem was found: alice is served at http://alice.example.com"
		unread   = "No problem was found, but these could not be read: Registry, Tombstones, Audit log.\n"
		findings = "could not be read: Registry, Tombstones, Audit log"
	)

	printed, err := p.RunPluginOutside(t.Context(), nil, "explain", "alice")
	if err == nil || !strings.Contains(err.Error(), findings) || !strings.Contains(err.Error(), "operator explain alice --platform=default --namespace="+p.Namespace) ||
		!strings.HasPrefix(printed, unread) || !strings.Contains(printed, "Ingress tenant-alice has ") {
		t.Errorf("without a pod, it prints %q, error %v", printed, err)
	}
	portaltest.RefusedWith(t, "operator doctor --platform=default --namespace="+p.Namespace)(p.RunPluginOutside(t.Context(), nil, "doctor"))

	printed, err = p.RunPluginOutside(t.Context(), []string{"ECHOBLOGS_OPERATOR=" + program}, "explain", "alice")
	if err != nil || !strings.HasPrefix(printed, healthy) {
		t.Errorf("with a program, it prints %q, error %v", printed, err)
	}

	p.CreateObject(operatorDeployment())
	inPod := []string{"PATH=" + folder + ":" + os.Getenv("PATH")}
	writeScript(t, folder, "kubectl", fmt.Sprintf(`case "$1 $2 $3 $4" in
"exec --namespace=%[1]s deployment/echoblogs-operator --container=operator") ;;
*) echo "$@" >&2; exit 1 ;;
esac
while [ "$1" != -- ]; do shift; done
[ "$2" = /operator ] || exit 1
shift 2
POD_NAMESPACE=%[1]s exec %[2]s "$@" %[3]s`, p.Namespace, operator, account))
	printed, err = p.RunPluginOutside(t.Context(), inPod, "explain", "alice")
	if err != nil || !strings.HasPrefix(printed, healthy) {
		t.Errorf("in a pod, it prints %q, error %v", printed, err)
	}
	if printed, err = p.RunPluginOutside(t.Context(), inPod, "doctor"); err != nil || printed != stack.Healthy {
		t.Errorf("in a pod, the doctor prints %q, error %v", printed, err)
	}
	printed, err = p.RunPluginOutside(t.Context(), inPod, "explain", "nobody")
	wantNobody(t, printed, err)

	// A pod that does not answer, such as one of an earlier version.
	writeScript(t, folder, "kubectl", `echo 'operator: unknown command "explain" for "operator"' >&2; exit 1`)
	printed, err = p.RunPluginOutside(t.Context(), inPod, "explain", "alice")
	if err == nil || !strings.Contains(err.Error(), "unknown command") || !strings.HasPrefix(printed, unread) {
		t.Errorf("with a pod that does not answer, it prints %q, error %v", printed, err)
	}
	portaltest.RefusedWith(t, "could not run, in a pod of the operator: see above")(p.RunPluginOutside(t.Context(), inPod, "doctor"))
}

// allowRoutesAndDeployments gives someone outside the rights to read all but Secrets.
func allowRoutesAndDeployments(t *testing.T, p *stack.Platform) {
	t.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "outside"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get"}},
		{APIGroups: []string{"networking.k8s.io"}, Resources: []string{"ingresses"}, Verbs: []string{"get"}},
	}}
	p.CreateObject(role)
	p.CreateObject(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "outside"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "outside"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "echoblogs-portal", Namespace: p.Namespace}},
	})
	p.Wait("the rights are in effect", func(ctx context.Context) error {
		if _, err := p.RunPluginOutside(ctx, nil, "doctor"); err == nil || strings.Contains(err.Error(), "forbidden: User") && strings.Contains(err.Error(), "deployments") {
			return portaltest.ErrNotYet
		}
		return nil
	})
}

// operatorDeployment is what the plugin looks for. No pod of it is started.
func operatorDeployment() *appsv1.Deployment {
	labels := map[string]string{"app": "operator"}
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "echoblogs-operator"}, Spec: appsv1.DeploymentSpec{
		Replicas: new(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "operator", Image: "none"}}}},
	}}
}

// writeScript writes a shell script, and returns its path.
func writeScript(t *testing.T, folder, name, content string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+content+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
