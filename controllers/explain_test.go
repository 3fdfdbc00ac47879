package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/commands"
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// explained returns what "explain" prints about a name, and its error.
func (p *platform) explained(name string) (string, error) {
	p.T.Helper()
	return explainedIn(p.T, &commands.Installation{Client: p.Client, Namespace: p.Namespace, Program: "test"}, name)
}

func explainedIn(t testing.TB, i *commands.Installation, name string) (string, error) {
	t.Helper()
	e, err := i.Explain(t.Context(), name, v1alpha1.DefaultPlatform)
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	err = commands.WriteExplanation(&printed, e)
	return printed.String(), err
}

// anyState is the state of a layer that differs from run to run: the backend is checked in its own time.
const anyState = explain.State("any")

// wantExplained checks that an explanation is complete, has each text, and no layer in another state than ok but those in states.
func (p *platform) wantExplained(name string, states map[string]explain.State, texts ...string) {
	p.T.Helper()
	printed, err := p.explained(name)
	if err != nil {
		p.T.Errorf("%s: %v", name, err)
	}
	for _, text := range texts {
		if !strings.Contains(printed, text) {
			p.T.Errorf("the explanation of %s lacks %q:\n%s", name, text, printed)
		}
	}
	for line := range strings.SplitSeq(printed, "\n") {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, " ") || len(fields) < 2 || !slices.Contains([]string{"ok", "waiting", "wrong", "unknown"}, fields[1]) {
			continue
		}
		want, found := states[fields[0]]
		if !found {
			want = explain.OK
		}
		if want != anyState && fields[1] != string(want) {
			p.T.Errorf("%s: the layer %s is %s, want %s: %s", name, fields[0], fields[1], want, line)
		}
	}
}

// anotherMigration returns the blog with one more migration.
func anotherMigration() application.Application {
	next := blogapp.Application
	version := fmt.Sprintf("%04d", len(next.Migrations)+1)
	next.Migrations = append(slices.Clone(next.Migrations), application.Migration{
		Version: version, Name: version + "_add_mood.sql", Statements: []string{"ALTER TABLE posts ADD COLUMN mood text"}, Checksum: "of-a-test",
	})
	return next
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.WaitReady()
	p.ReadyTenant("alice")
	p.ReadyTenant("bob", func(t *v1alpha1.Tenant) {
		t.Spec.Suspended, t.Spec.SuspensionReason = new(true), "Payment is overdue."
	})
	p.CreateTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.Domain = "elsewhere.example.org" })
	p.WaitCondition("carol", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDomainNotListed)
	p.ReadyTenant("dave")
	p.DeleteTenants("dave")
	p.CreateTenant("dave")
	p.WaitCondition("dave", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
	p.ReadyTenant("erin")
	p.DeleteTenants("erin")

	p.wantExplained("alice", nil,
		"No problem was found: alice is served at http://alice.example.com:8000.\n", "Ingress tenant-alice has ", "by echoblogs-operator at ", "Last change of spec: by ",
		"Schema alice is at version "+blogapp.Application.Latest()+". That is the newest version.", "There is no data of a deleted Tenant of this name.", "Its limits are 1000 posts, 100Mi of storage.")
	p.wantExplained("bob", map[string]explain.State{"Active": explain.Wrong},
		"First problem: Active. Suspended by spec.suspended", "The reason is: Payment is overdue.", "Last change of spec.suspended: by ",
		fmt.Sprintf(`$ kubectl -n %s patch tenant bob --type=merge --patch='{"spec":{"suspended":false}}'`, p.Namespace))
	p.wantExplained("carol", map[string]explain.State{
		"Registry": explain.Waiting, "Schema": explain.Waiting, "Hosts": explain.Wrong, "Route": explain.Waiting, "Backend": anyState, "Serving": explain.Waiting, "Active": explain.Waiting,
	}, `First problem: Hosts. The Platform "default" does not list the domain "elsewhere.example.org"`, "$ kubectl -n "+p.Namespace+" edit tenant carol")
	p.wantExplained("dave", map[string]explain.State{
		"Registry": explain.Waiting, "Schema": explain.Wrong, "Hosts": explain.Waiting, "Tombstones": explain.Waiting, "Route": explain.Waiting, "Backend": anyState, "Serving": explain.Waiting, "Active": explain.Waiting,
	}, "First problem: Schema. ", fmt.Sprintf("$ kubectl -n %s annotate tenant dave tenancy.echoblogs.io/on-tombstone=Restore/%d", p.Namespace, p.Tombstone("dave")))
	p.wantExplained("erin", map[string]explain.State{"Tenant": explain.Wrong},
		`First problem: Tenant. There is no Tenant "erin" in the namespace`, fmt.Sprintf("tenancy.echoblogs.io/on-tombstone: Restore/%d", p.Tombstone("erin")))
	if printed, err := p.explained("nobody"); err == nil || !strings.HasPrefix(printed, `First problem: Tenant. There is no Tenant "nobody"`) || !strings.Contains(err.Error(), `there is no Tenant "nobody" in the namespace`) {
		t.Errorf("an unknown name is explained by %q, error %v", printed, err)
	}

	// Without an operator, nothing repairs a route, and nothing reconciles a change.
	stop()
	ingress := &networkingv1.Ingress{}
	ingress.Name, ingress.Namespace = routing.TenantIngressName("alice"), p.Namespace
	if err := p.Client.Delete(t.Context(), ingress); err != nil {
		t.Fatal(err)
	}
	p.wantExplained("alice", map[string]explain.State{"Route": explain.Wrong}, "First problem: Route. The Ingress is missing. Its name is tenant-alice.\n",
		"Next: Check that the operator runs.\n", "$ kubectl -n "+p.Namespace+" get pods --selector=app.kubernetes.io/name=echoblogs-operator\n")
	p.EditTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.Suspended = nil })
	p.wantExplained("bob", map[string]explain.State{"Tenant": explain.Waiting, "Active": explain.Wrong}, "The operator has not seen the last change yet.")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	if err := p.Client.Delete(t.Context(), p.Tenant("alice")); err != nil {
		t.Fatal(err)
	}
	p.wantExplained("alice", map[string]explain.State{"Tenant": explain.Wrong, "Registry": explain.Wrong}, "There is no Tenant for this row.", "kubectl echoblogs orphans recreate alice")
}

// A migration that fails is the first problem, and its statement the cause.
func TestExplainFailedMigration(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.ReadyTenant("alice")
	stop()
	p.Exec(`ALTER TABLE alice.posts ADD COLUMN mood text`)
	p.Application = anotherMigration()
	next := p.Application.Latest()
	p.StartOperator(nil)
	p.WaitCondition("alice", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonMigrationFailed)
	p.wantExplained("alice", map[string]explain.State{"Schema": explain.Wrong}, "First problem: Schema. The migrations to version "+next+" failed at statement 1 of "+next+"_add_mood.sql, and were rolled back.",
		`The schema "alice" is at version `+blogapp.Application.Latest()+`; the newest is `+next+`.`, "$ kubectl -n "+p.Namespace+" logs --selector=app.kubernetes.io/name=echoblogs-operator --prefix --tail=50")
}

// Without the database, all layers that do not need it are explained.
func TestExplainWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	printed, err := explainedIn(t, &commands.Installation{
		Client: p.Client, Namespace: p.Namespace, Program: "test", DatabaseURI: "postgres://echoblogs_operator:a-secret@127.0.0.1:1/postgres", Hint: "Forward a port.",
	}, "alice")
	if err == nil || err.Error() != "could not be read: Registry, Tombstones, Audit log" {
		t.Errorf("%v", err)
	}
	for _, text := range []string{
		"No problem was found, but these could not be read: Registry, Tombstones, Audit log.\n",
		"Registry   unknown  The registry could not be read. The database cannot be reached.\n                    Forward a port.\n",
		"Schema     ok       Schema alice is at version " + blogapp.Application.Latest() + ".\n", "Route      ok       Ingress tenant-alice routes to the backend. Ingress tenant-alice has ", "Serving    ok  ",
	} {
		if !strings.Contains(printed, text) {
			t.Errorf("the explanation lacks %q:\n%s", text, printed)
		}
	}
	if strings.Contains(printed, "a-secret") {
		t.Errorf("the explanation has the password:\n%s", printed)
	}
}

// A Tenant in a namespace without an operator has neither conditions nor events. The label tells.
func TestExplainInAnUnservedNamespace(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	p.CreateTenant("alice")
	p.wantExplained("alice", map[string]explain.State{
		"Tenant": explain.Waiting, "Namespace": explain.Wrong, "Platform": explain.Wrong, "Registry": explain.Waiting, "Schema": explain.Waiting, "Hosts": explain.Waiting,
		"Tombstones": explain.Waiting, "Route": explain.Waiting, "Backend": explain.Waiting, "Serving": explain.Waiting, "Active": explain.Waiting,
	}, fmt.Sprintf("First problem: Namespace. No operator serves the namespace %q: it has no label tenancy.echoblogs.io/served, so that nothing will happen.", p.Namespace))

	var namespace corev1.Namespace
	if err := p.Client.Get(t.Context(), client.ObjectKey{Name: p.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}
	namespace.Labels[v1alpha1.LabelServed] = "true"
	if err := p.Client.Update(t.Context(), &namespace, client.FieldOwner("installer")); err != nil {
		t.Fatal(err)
	}
	printed, _ := p.explained("alice")
	if text := "Namespace  ok       An operator serves the namespace"; !strings.Contains(printed, text) || !strings.Contains(printed, "Last change of label tenancy.echoblogs.io/served: by installer at ") {
		t.Errorf("the explanation lacks %q:\n%s", text, printed)
	}
}
