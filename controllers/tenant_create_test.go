package controllers_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

func TestManifestBecomesABlog(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.kubectlApply(t, `{"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": {"name": "john-doe"},
		"spec": {"displayName": "John's notes", "customDomains": ["www.john.org"]}}`)
	tenant := p.WaitCondition("john-doe", v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)

	// The page, under each host.
	for _, host := range []string{"john-doe.example.com", "www.john.org"} {
		p.WantBlog(host, http.StatusOK, operatortest.Title("John&#39;s notes"))
	}
	// The status.
	status := tenant.Status
	conditions := map[string]metav1.ConditionStatus{}
	for _, c := range status.Conditions {
		conditions[c.Type] = c.Status
		if c.ObservedGeneration != tenant.Generation || c.Message == "" {
			t.Errorf("condition %s: generation %d, message %q", c.Type, c.ObservedGeneration, c.Message)
		}
	}
	wantConditions := map[string]metav1.ConditionStatus{
		v1alpha1.ConditionReady: "True", v1alpha1.ConditionDatabaseReady: "True", v1alpha1.ConditionDomainsReady: "True",
		v1alpha1.ConditionRouteReady: "True", v1alpha1.ConditionServing: "True", v1alpha1.ConditionActive: "True",
	}
	if diff := cmp.Diff(wantConditions, conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	if status.FirstServedAt == nil {
		t.Error("a Tenant that is Ready has no status.firstServedAt")
	}
	status.Conditions, status.FirstServedAt = nil, nil
	want := v1alpha1.TenantStatus{
		ObservedGeneration: tenant.Generation, Phase: v1alpha1.TenantActive,
		URL: "http://john-doe.example.com:8000", Hosts: []string{"john-doe.example.com", "www.john.org"},
		SchemaName: "john_doe", SchemaVersion: blogapp.Application.Latest(), PaidUntil: v1alpha1.NewDate(tenant.CreationTimestamp.AddDate(0, 0, 365)),
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	// The schema, the row and the domains.
	if got := query[int](p, `SELECT count(*) FROM pg_tables WHERE schemaname = 'john_doe' AND tablename = 'posts'`); got != 1 {
		t.Errorf("john_doe.posts: %d tables", got)
	}
	if got := query[string](p, `SELECT state || ' ' || schema_version || ' ' || display_name FROM public.tenants WHERE name = 'john-doe'`); got != "live "+blogapp.Application.Latest()+" John's notes" {
		t.Errorf("row: %s", got)
	}
	if got := query[[]string](p, `SELECT array_agg(host || ' ' || is_primary ORDER BY host) FROM public.domains WHERE tenant_id IS NOT NULL`); !cmp.Equal(got, []string{"john-doe.example.com true", "www.john.org false"}) {
		t.Errorf("domains: %v", got)
	}
	// The Ingress.
	var ingress networkingv1.Ingress
	if err := p.Client.Get(t.Context(), p.Key(routing.TenantIngressName("john-doe")), &ingress); err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, rule := range ingress.Spec.Rules {
		hosts = append(hosts, rule.Host+" "+rule.HTTP.Paths[0].Backend.Service.Name)
	}
	if diff := cmp.Diff([]string{"john-doe.example.com echoblogs-blog", "www.john.org echoblogs-blog"}, hosts); diff != "" {
		t.Errorf("Ingress (-want +got):\n%s", diff)
	}
	if *ingress.Spec.IngressClassName != platformtest.IngressClass {
		t.Errorf("Ingress of class %q", *ingress.Spec.IngressClassName)
	}
	wantLabels := map[string]string{
		"app.kubernetes.io/name": "echoblogs", "app.kubernetes.io/part-of": "echoblogs", "app.kubernetes.io/component": "route",
		"app.kubernetes.io/managed-by": "echoblogs-operator", "tenancy.echoblogs.io/platform": "default", "tenancy.echoblogs.io/tenant": "john-doe",
	}
	if diff := cmp.Diff(wantLabels, ingress.Labels); diff != "" {
		t.Errorf("labels of the Ingress (-want +got):\n%s", diff)
	}
}

func TestSecondApplyAndDiffShowNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	manifest := `{"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": {"name": "alice"},
		"spec": {"displayName": "Alice", "customDomains": ["www.alice.org"], "limits": {"storage": "1024Mi"}, "suspended": false}}`
	p.kubectlApply(t, manifest)
	before := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	if output, err := p.kubectl(manifest, "diff", "--server-side", "-f", "-"); err != nil {
		t.Errorf("kubectl diff: %v\n%s", err, output)
	}
	p.kubectlApply(t, manifest)
	if after := p.Tenant("alice"); after.ResourceVersion != before.ResourceVersion {
		t.Errorf("the second apply changed the object:\n%s", cmp.Diff(before, after))
	}
	if spec := p.Tenant("alice").Spec; spec.PaidUntil != "" || spec.SchemaName != "" || spec.Trial != nil || spec.DeletionPolicy != "" || spec.Domain != "" {
		t.Errorf("a field of spec was defaulted: %+v", spec)
	}
}

func TestSamplesAreApplied(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	p.StartOperator(nil)
	files, err := filepath.Glob("../config/samples/tenancy_*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("samples %v, error %v", files, err)
	}
	for _, file := range files {
		manifest, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p.kubectlApply(t, string(manifest))
	}
	for _, name := range []string{"alice", "bob"} {
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
		p.WantBlog(name+".localhost", http.StatusOK, "")
	}
	output, err := p.kubectl("", "get", "tn")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"PHASE", "URL", "SCHEMA", "VERSION", "PAID UNTIL", "AGE", "Active", "http://alice.localhost:8000"} {
		if !strings.Contains(output, word) {
			t.Errorf("kubectl get tn does not show %q:\n%s", word, output)
		}
	}
}

func TestTenantBeforeItsPlatform(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	p.StartOperator(nil)
	p.CreateTenant("alice")
	waiting := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPlatformNotFound)
	if waiting.Status.Phase != v1alpha1.TenantPending {
		t.Errorf("phase %s", waiting.Status.Phase)
	}
	p.CreateDefault()
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// kubectl runs kubectl in the namespace of the test.
func (p *platform) kubectl(stdin string, arguments ...string) (string, error) {
	command := exec.CommandContext(p.T.Context(), p.API.Kubectl, append([]string{"--kubeconfig", p.API.Kubeconfig, "--namespace", p.Namespace}, arguments...)...)
	command.Stdin = strings.NewReader(stdin)
	command.WaitDelay = time.Second
	output, err := command.CombinedOutput()
	return string(output), err
}

func (p *platform) kubectlApply(t *testing.T, manifest string) {
	t.Helper()
	if output, err := p.kubectl(manifest, "apply", "--server-side", "-f", "-"); err != nil {
		t.Fatalf("kubectl apply: %v\n%s", err, output)
	}
}

// kstatus and tools that use it, such as Flux, take an object for current if nothing says that it is not.
func TestObjectsAreNotCurrentWithoutAnOperator(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	p.CreateDefault()
	p.CreateTenant("alice")
	if got := p.Tenant("alice").Status.ObservedGeneration; got != -1 {
		t.Errorf("the Tenant's observedGeneration is %d", got)
	}
	if got := p.ReadPlatform().Status.ObservedGeneration; got != -1 {
		t.Errorf("the Platform's observedGeneration is %d", got)
	}
	p.StartOperator(nil)
	if tenant := p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, ""); tenant.Status.ObservedGeneration != tenant.Generation {
		t.Errorf("the Tenant's observedGeneration is %d", tenant.Status.ObservedGeneration)
	}
}

func TestTenantsAreSelectedByFields(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Domains = []v1alpha1.ParentDomain{"example.com", "example.net"} })
	p.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: "john"} })
	p.ReadyTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.Domain = "example.net" })
	for selector, want := range map[string]string{
		"spec.owner.username=john": "tenant.tenancy.echoblogs.io/alice", "spec.domain=example.net": "tenant.tenancy.echoblogs.io/bob",
		"status.phase=Active,spec.domain!=example.net": "tenant.tenancy.echoblogs.io/alice",
	} {
		if output, err := p.kubectl("", "get", "tenants", "--field-selector", selector, "-o", "name"); err != nil || strings.TrimSpace(output) != want {
			t.Errorf("%s selects %s, error %v", selector, output, err)
		}
	}
	for label, want := range map[string]int{"platform=default": 3, "tenant=alice": 1} {
		output, err := p.kubectl("", "get", "ingress", "--selector", "tenancy.echoblogs.io/"+label, "-o", "name")
		if err != nil || len(strings.Fields(output)) != want {
			t.Errorf("%s selects %s, error %v", label, output, err)
		}
	}
	output, err := p.kubectl("", "get", "tenants", "-o", "wide")
	if err != nil || !contains(output, "PLATFORM") || !contains(output, "OWNER") || !contains(output, "john") {
		t.Errorf("kubectl get -o wide shows, error %v:\n%s", err, output)
	}
}
