// Package gitops_test tests what GitOps tools make of Tenants and Platforms: Argo CD by scripts, which run here in the
// interpreter that it uses, and Flux by kstatus.
package gitops_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

var update = flag.Bool("update", false, "write the files of the example")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(apiserver.Main(m))
}

// platform is a Platform with an operator.
type platform struct{ *operatortest.Platform }

// read returns an object as GitOps tools see it.
func (p *platform) read(kind, name string) *unstructured.Unstructured {
	p.T.Helper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	if err := p.Client.Get(p.T.Context(), p.Key(name), object); err != nil {
		p.T.Fatal(err)
	}
	return object
}

// want checks what Argo CD and Flux make of an object, and keeps it as a test of the scripts in Argo CD's form.
func (p *platform) want(file, kind, name, argo string, flux status.Status) {
	p.T.Helper()
	object := p.read(kind, name)
	got := checkHealth(p.T, kind, object.Object)
	if got.Status != argo || got.Message == "" {
		p.T.Errorf("%s: Argo CD shows %+v, want %s", file, got, argo)
	}
	result, err := status.Compute(object)
	if err != nil || result.Status != flux {
		p.T.Errorf("%s: Flux sees %+v, error %v, want %s", file, result, err, flux)
	}
	p.keep(filepath.Join(customizations, kind, "testdata", file+".yaml"), object)
}

// keep compares a file with an object, without what differs from run to run.
func (p *platform) keep(file string, object *unstructured.Unstructured) {
	p.T.Helper()
	kept := object.DeepCopy()
	metadata := map[string]any{"name": kept.GetName(), "namespace": "echoblogs", "generation": kept.GetGeneration()}
	if deleted := kept.GetDeletionTimestamp(); deleted != nil {
		metadata["deletionTimestamp"] = deleted.Format(time.RFC3339)
	}
	if annotations, found, _ := unstructured.NestedMap(kept.Object, "metadata", "annotations"); found {
		metadata["annotations"] = annotations
	}
	kept.Object["metadata"] = metadata
	content, err := yaml.Marshal(kept.Object)
	if err != nil {
		p.T.Fatal(err)
	}
	content = bytes.ReplaceAll(content, []byte(p.Namespace), []byte("echoblogs"))
	content = times.ReplaceAll(content, []byte("2030-01-01T00:00:00Z"))
	content = days.ReplaceAll(content, []byte("2030-01-01"))
	if *update {
		if err := os.WriteFile(file, content, 0o644); err != nil {
			p.T.Fatal(err)
		}
	}
	var before, now map[string]any
	readYAML(p.T, file, &before)
	if err := yaml.Unmarshal(content, &now); err != nil {
		p.T.Fatal(err)
	}
	if reasons(before) != reasons(now) {
		p.T.Errorf("%s: %s\nthe operator writes %s\nRun: go test -C test/gitops . -update", file, reasons(before), reasons(now))
	}
}

// times are those in an object, and days those in a spec, a status and messages.
var (
	times = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT[0-9:]+Z`)
	days  = regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`)
)

// reasons are what the scripts decide by: the phase, and the conditions with their reasons.
func reasons(object map[string]any) string {
	var b strings.Builder
	phase, _, _ := unstructured.NestedString(object, "status", "phase")
	b.WriteString(phase)
	conditions, _, _ := unstructured.NestedSlice(object, "status", "conditions")
	for _, item := range conditions {
		if c, ok := item.(map[string]any); ok && (c["type"] == "Ready" || c["type"] == "Stalled" || c["type"] == "Active") {
			fmt.Fprintf(&b, " %v=%v,%v", c["type"], c["status"], c["reason"])
		}
	}
	return b.String()
}

func TestPhases(t *testing.T) {
	t.Parallel()
	p := &platform{operatortest.NewNamespace(t)}
	p.CreateTenant("unseen")
	p.want("unseen", "Tenant", "unseen", "Progressing", status.InProgressStatus)
	p.StartOperator(nil)
	p.WaitCondition("unseen", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPlatformNotFound)
	p.want("pending", "Tenant", "unseen", "Progressing", status.InProgressStatus)
	p.CreateDefault()
	p.WaitReady()
	p.want("ready", "Platform", "default", "Healthy", status.CurrentStatus)

	p.ReadyTenant("alice", platformtest.PaidFor(30))
	p.want("active", "Tenant", "alice", "Healthy", status.CurrentStatus)
	p.ReadyTenant("bob", platformtest.PaidFor(-1))
	p.want("grace", "Tenant", "bob", "Healthy", status.CurrentStatus)
	p.ReadyTenant("carol", platformtest.PaidFor(-100))
	p.want("unpaid", "Tenant", "carol", "Healthy", status.CurrentStatus)
	p.ReadyTenant("dave", func(t *v1alpha1.Tenant) {
		t.Spec.Suspended, t.Spec.SuspensionReason = new(true), "Payment is overdue."
	})
	p.want("suspended", "Tenant", "dave", "Healthy", status.CurrentStatus)
	p.CreateTenant("erin", func(t *v1alpha1.Tenant) { t.Spec.Domain = "example.org" })
	p.WaitCondition("erin", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDomainNotListed)
	p.want("failed", "Tenant", "erin", "Degraded", status.FailedStatus)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Routing.CustomDomains = v1alpha1.CustomDomainsVerified })
	p.CreateTenant("frank", func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.frank.org"} })
	p.WaitCondition("frank", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCustomDomainUnproven)
	p.want("unproven", "Tenant", "frank", "Degraded", status.FailedStatus)

	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.SecretRef.Name = "missing" })
	p.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseSecretInvalid)
	p.want("failed", "Platform", "default", "Degraded", status.FailedStatus)
	p.AsAdministrator(`ALTER SCHEMA alice OWNER TO CURRENT_USER`)
	if err := p.Delete(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	p.Wait("alice cannot be deleted", func(context.Context) error {
		if phase := p.Tenant("alice").Status.Phase; phase != v1alpha1.TenantTerminating {
			return fmt.Errorf("its phase is %s", phase)
		}
		return nil
	})
	p.want("terminating", "Tenant", "alice", "Progressing", status.TerminatingStatus)

	p.CreateObject(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "unreachable"}, StringData: map[string]string{"uri": "postgres://echoblogs_operator:secret@127.0.0.1:9/echoblogs"},
	})
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.SecretRef.Name = "unreachable" })
	p.WaitPlatform(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDatabaseUnavailable)
	p.want("database-unavailable", "Platform", "default", "Progressing", status.InProgressStatus)
}

// A blog that does not answer yet is Provisioning.
func TestProvisioning(t *testing.T) {
	t.Parallel()
	p := &platform{operatortest.NewNamespace(t, func(p *operatortest.Platform) {
		p.Serve = func(p *operatortest.Platform) string {
			down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
			p.T.Cleanup(down.Close)
			return strings.TrimPrefix(down.URL, "http://")
		}
	})}
	p.CreateDefault()
	p.want("unseen", "Platform", "default", "Progressing", status.InProgressStatus)
	p.StartOperator(nil)
	p.WaitReady()
	p.CreateTenant("alice", platformtest.PaidFor(30))
	p.WaitCondition("alice", v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed)
	p.want("provisioning", "Tenant", "alice", "Progressing", status.InProgressStatus)
}

// The scripts show what happens to a Tenant that is deleted, and its actions decide about it.
func TestDeletions(t *testing.T) {
	t.Parallel()
	p := &platform{operatortest.New(t, func(p *v1alpha1.Platform) {
		p.Spec.Protection = &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: new(int32(1))}
	})}
	owned := func(t *v1alpha1.Tenant) {
		t.Spec.Owner = &v1alpha1.TenantOwner{Username: t.Name}
		t.Spec.PaidUntil = v1alpha1.NewDate(time.Now().AddDate(0, 0, 30))
	}
	for _, name := range []string{"alice", "bob", "carol"} {
		p.ReadyTenant(name, owned)
	}
	p.DeleteTenants("alice")
	for _, name := range []string{"bob", "carol"} {
		if err := p.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld)
	}
	p.want("held", "Tenant", "bob", "Suspended", status.TerminatingStatus)
	p.Wait("the Platform counts the held deletions", func(context.Context) error {
		if got := checkHealth(t, "Platform", p.read("Platform", "default").Object); got.Status != "Healthy" || !strings.Contains(got.Message, "wait for a decision: 2") {
			return fmt.Errorf("it is %+v", got)
		}
		return nil
	})
	p.want("deletions-held", "Platform", "default", "Healthy", status.CurrentStatus)

	p.act("bob", "approve-deletion")
	p.WaitGone("bob")
	before := operatortest.Query[int64](p.Platform, `SELECT id FROM public.tenants WHERE name = 'carol'`)
	p.act("carol", "cancel-deletion")
	p.WaitGone("carol")
	p.ReadyTenant("carol", owned) // the pipeline applies the manifest again
	if after := operatortest.Query[int64](p.Platform, `SELECT id FROM public.tenants WHERE name = 'carol' AND state = 'live'`); after != before {
		t.Errorf("carol has the row %d instead of %d", after, before)
	}

	p.CreateTenant("alice", owned)
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
	p.want("tombstone", "Tenant", "alice", "Degraded", status.FailedStatus)
	p.act("alice", "restore")
	p.WaitTenantsReady("alice")
	p.act("alice", "suspend")
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	p.act("alice", "resume")
	p.WaitCondition("alice", v1alpha1.ConditionActive, metav1.ConditionTrue, "")
}

// act runs an action on a Tenant, if it is enabled. As Argo CD does, it sends the difference as a merge patch.
func (p *platform) act(name, action string) {
	p.T.Helper()
	object := p.read("Tenant", name)
	if !discover(p.T, object.Object)[action] {
		p.T.Errorf("the action %s is disabled", action)
	}
	changed := &unstructured.Unstructured{Object: act(p.T, action, object.DeepCopy().Object)}
	if err := p.Client.Patch(p.T.Context(), changed, client.MergeFrom(object)); err != nil {
		p.T.Fatal(err)
	}
}
