package explain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/remediation"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func TestLayersAreInOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for _, l := range newWorld(t, "active").explain().Layers {
		names = append(names, l.Name)
	}
	const want = "[Tenant Namespace Platform Deletion Registry Schema Hosts Tombstones Route Backend Serving Active]"
	if got := fmt.Sprint(names); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The statuses are the operator's own, of each phase; the rest of the world is as it should be, but for what change does.
func TestExplanations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file    string
		change  func(*world)
		states  string
		summary string
		// command is a part of the command of the first layer that is not ok.
		command string
	}{
		"healthy": {"active", nil, "", "No problem was found: alice is served at http://alice.example.com", ""},
		"grace":   {"grace", nil, "Active waiting", "Nothing is wrong. Waiting: Active. Paid until", "edit tenant"},
		"unpaid":  {"unpaid", nil, "Active wrong", "First problem: Active. Paid until", "edit tenant"},
		"suspended": {"suspended", nil, "Active wrong",
			"First problem: Active. Suspended by spec.suspended: readers get 402 Payment Required. The reason is: Payment is overdue.", `kubectl -n echoblogs patch tenant dave --type=merge --patch='{"spec":{"suspended":false}}'`},
		"its domain is not listed": {"failed", nil, "Registry waiting, Schema waiting, Hosts wrong, Route waiting, Backend waiting, Serving waiting, Active waiting",
			`First problem: Hosts. The Platform "default" does not list the domain "example.org"; it lists "example.com".`, ""},
		"a tombstone has its name": {"tombstone", func(w *world) { w.addTombstone() }, "Registry waiting, Schema wrong, Hosts waiting, Tombstones waiting, Route waiting, Backend waiting, Serving waiting, Active waiting",
			"First problem: Schema. ", "tenancy.echoblogs.io/on-tombstone=Restore/3"},
		"its deletion is held": {"held", nil, "Deletion wrong", "First problem: Deletion. The Tenant was deleted at ", "kubectl echoblogs -n echoblogs deletions"},
		"its deletion was not seen yet": {"active", func(w *world) {
			w.tenant.Generation, w.tenant.DeletionTimestamp = 2, new(metav1.NewTime(now))
		}, "Tenant waiting, Deletion waiting", "Nothing is wrong. Waiting: Tenant. The operator has not seen the last change yet.", ""},
		"its deletion is stuck": {"terminating", nil, "Deletion wrong, Schema wrong, Route waiting, Backend waiting, Serving waiting", `First problem: Deletion. The Tenant was deleted at 2030-01-01T00:00:00Z. The schema "alice" belongs to the role`, ""},
		"not seen yet": {"unseen", func(w *world) { w.tenant.CreationTimestamp = metav1.NewTime(now) },
			"Tenant waiting, Registry waiting, Schema waiting, Hosts waiting, Route waiting, Backend waiting, Serving waiting, Active waiting",
			"Nothing is wrong. Waiting: Tenant. The operator has not seen the last change yet.", ""},
		"not seen for long": {"unseen", nil, "Tenant wrong, Registry waiting, Schema waiting, Hosts waiting, Route waiting, Backend waiting, Serving waiting, Active waiting",
			"First problem: Tenant. The operator has not seen the last change, which was made at 2029-12-01T11:00:00Z.", "get pods --selector=app.kubernetes.io/name=echoblogs-operator"},
		"no operator serves the namespace": {"unseen", func(w *world) { w.namespace.Labels, w.platform = nil, nil },
			"Tenant waiting, Namespace wrong, Platform wrong, Registry waiting, Schema waiting, Hosts waiting, Tombstones waiting, Route waiting, Backend waiting, Serving waiting, Active waiting",
			`First problem: Namespace. No operator serves the namespace "echoblogs": it has no label tenancy.echoblogs.io/served`, "kubectl get namespaces --selector=tenancy.echoblogs.io/served"},
		"a namespace without the label, which an operator serves": {"active", func(w *world) { w.namespace.Labels = nil }, "", "No problem was found", ""},
		"a migration has failed": {"active", func(w *world) {
			w.setCondition(v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonMigrationFailed, "The migrations to version 0002 failed at statement 1 of 0002_add_language.sql, and were rolled back.")
			w.setCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonMigrationFailed, "The migrations to version 0002 failed at statement 1 of 0002_add_language.sql, and were rolled back.")
			w.platform.Status.SchemaVersion = "0002"
		}, "Schema wrong", `First problem: Schema. The migrations to version 0002 failed at statement 1 of 0002_add_language.sql, and were rolled back. The schema "alice" is at version 0001; the newest is 0002.`,
			"logs --selector=app.kubernetes.io/name=echoblogs-operator"},
		"not migrated yet": {"active", func(w *world) { w.platform.Status.SchemaVersion = "0002" }, "Schema waiting",
			"Nothing is wrong. Waiting: Schema. The Tenant's schema is at version 0001 instead of 0002.", ""},
		"its schema is missing": {"active", func(w *world) { w.row.SchemaExists = false }, "Schema wrong", `First problem: Schema. The Tenant's schema "alice" is missing.`, ""},
		"a table is missing": {"active", func(w *world) {
			w.row.Defects = []tenancy.Defect{{Kind: tenancy.DefectTable, Schema: "alice", Table: "posts"}}
		}, "Schema wrong", `First problem: Schema. The table "posts" of the schema "alice" is missing.`, ""},
		"its Ingress is missing": {"active", func(w *world) { w.ingress = nil }, "Route wrong", "First problem: Route. The Ingress is missing. Its name is tenant-alice.", "get pods"},
		"its Ingress differs":    {"active", func(w *world) { w.ingress.Spec.Rules = nil }, "Route wrong", "First problem: Route. The Ingress differs from the desired state.", "get pods"},
		"a certificate is missing": {"active", func(w *world) {
			w.platform.Spec.Routing = &v1alpha1.RoutingSpec{TLS: &v1alpha1.TLSSpec{}}
			w.addIngress()
		}, "Route waiting", "Nothing is wrong. Waiting: Route. There is no Secret tenant-alice-tls with the certificate.", "describe ingress tenant-alice"},
		"its row is missing":          {"active", func(w *world) { w.row = nil }, "Registry wrong", "First problem: Registry. The registry has no live row for the Tenant.", "get pods"},
		"its row differs":             {"active", func(w *world) { w.row.DisplayName = "Other" }, "Registry waiting", "Nothing is wrong. Waiting: Registry. The Tenant's registry row differs from its spec.", "get pods"},
		"the backend does not answer": {"active", func(w *world) { w.breakBackend() }, "Backend wrong, Serving wrong", "First problem: Backend. The backend answers for none.", "get endpointslices"},
		"there is no Platform": {"pending", func(w *world) { w.platform = nil },
			"Platform wrong, Registry waiting, Schema waiting, Hosts waiting, Tombstones waiting, Route waiting, Backend waiting, Serving waiting, Active waiting",
			`First problem: Platform. The Platform "default" does not exist in the namespace "echoblogs".`, "kubectl -n echoblogs get platforms"},
		"a reason that no layer has": {"active", func(w *world) {
			w.setCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAnnotationInvalid, "The annotation is invalid.")
		}, "Tenant wrong", "First problem: Tenant. The annotation is invalid.", "describe tenant alice"},
		"the database is out of reach": {"active", func(w *world) { w.databaseErr = errors.New("no route to host") },
			"Registry unknown, Tombstones unknown", "No problem was found, but these could not be read: Registry, Tombstones, Audit log.", ""},
		"the database is out of reach, and it is suspended": {"suspended", func(w *world) {
			w.databaseErr = &databasesecret.InvalidError{Secret: "db", Problem: "it does not exist"}
		},
			"Registry unknown, Tombstones unknown, Active wrong", "First problem: Active. Suspended by spec.suspended", ""},
		"the caller may not read Ingresses":     {"active", func(w *world) { w.forbidden = []string{"Ingress"} }, "Route unknown", "No problem was found, but these could not be read: Route.", ""},
		"the caller does not read Ingresses":    {"active", func(w *world) { w.withoutRoutes, w.ingress = true, nil }, "", "No problem was found", ""},
		"the caller may not read the namespace": {"active", func(w *world) { w.forbidden = []string{"Namespace"} }, "Namespace unknown", "No problem was found, but these could not be read: Namespace.", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.file)
			if test.change != nil {
				test.change(w)
			}
			e := w.explain()
			if got := states(e); got != test.states {
				t.Errorf("the layers are %q, want %q", got, test.states)
			}
			if !strings.HasPrefix(e.Summary(), test.summary) {
				t.Errorf("the summary is %q, want %q", e.Summary(), test.summary)
			}
			first := e.First(explain.Wrong)
			if first == nil {
				first = e.First(explain.Waiting)
			}
			if test.command != "" && (first == nil || !strings.Contains(first.Command, test.command)) {
				t.Errorf("the command of %+v does not contain %q", first, test.command)
			}
			for _, l := range e.Layers {
				if l.Cause == "" || (l.State == explain.Unknown) != (l.Err != nil) {
					t.Errorf("%+v lacks a cause or an error", l)
				}
			}
		})
	}
}

func TestNamesWithoutATenant(t *testing.T) {
	t.Parallel()
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		if e := newWorld(t, "active").explainName("nobody"); !e.Missing {
			t.Errorf("%+v", e)
		}
	})
	t.Run("unknown, and the registry could not be read", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "active")
		w.databaseErr = errors.New("no route to host")
		if e := w.explainName("nobody"); e.Missing || states(e) != "Tenant wrong, Registry unknown, Tombstones unknown" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("a tombstone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "active")
		w.tenant.ResourceVersion, w.row = gone, nil
		w.addTombstone()
		w.entries = []audit.Entry{{Tenant: "alice", Actor: "jane", Action: "delete", At: now}}
		e := w.explain()
		if e.Missing || states(e) != "Tenant wrong" {
			t.Errorf("%+v", e)
		}
		kept := layer(t, e, "Tombstones")
		if kept.Cause != "The data of deleted Tenants of this name is kept: 3, deleted at 2029-11-01T00:00:00Z, kept until 2029-12-31." ||
			!strings.Contains(kept.Next, "tenancy.echoblogs.io/on-tombstone: Restore/3") {
			t.Errorf("%+v", kept)
		}
		if changes := layer(t, e, "Tenant").Changes; len(changes) != 1 || changes[0] != (explain.Change{What: "delete", By: "jane", At: now}) {
			t.Errorf("%+v", changes)
		}
	})
	t.Run("an orphan", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "active")
		w.tenant.ResourceVersion = gone
		e := w.explain()
		if e.Missing || states(e) != "Tenant wrong, Registry wrong" {
			t.Errorf("%+v", e)
		}
		if row := layer(t, e, "Registry"); row.Cause != "There is no Tenant for this row." || !strings.Contains(row.Next, "kubectl echoblogs orphans recreate alice") {
			t.Errorf("%+v", row)
		}
	})
	t.Run("a row whose Tenant is created again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "active")
		w.tenant.ResourceVersion, w.row.KeptAt = gone, now.Add(-time.Minute)
		if row := layer(t, w.explain(), "Registry"); row.State != explain.Waiting {
			t.Errorf("%+v", row)
		}
	})
}

// Who changed what last is in the managed fields and in the audit log.
func TestChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "suspended")
	entry := func(manager, subresource, fields string, minutes int) metav1.ManagedFieldsEntry {
		at := metav1.NewTime(now.Add(-time.Duration(minutes) * time.Minute))
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: subresource, Time: &at, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(fields)}
	}
	w.tenant.ManagedFields = []metav1.ManagedFieldsEntry{
		entry("flux", "", `{"f:spec":{"f:owner":{"f:username":{}}}}`, 50),
		entry("echoblogs-staff", "", `{"f:spec":{"f:suspended":{},"f:suspensionReason":{}}}`, 40),
		entry("kubectl-edit", "", `{"f:spec":{"f:displayName":{}}}`, 30),
		entry("kubectl-annotate", "", `{"f:metadata":{"f:annotations":{"f:note":{}}}}`, 20),
		entry("echoblogs-operator", "status", `{"f:status":{"f:phase":{}}}`, 10),
	}
	w.entries = []audit.Entry{
		{Tenant: w.tenant.Name, Actor: "eve", Action: "edit", At: now.Add(-30 * time.Minute)},
		{Tenant: w.tenant.Name, Actor: "jane", Action: "suspend", At: now.Add(-40 * time.Minute)},
		{Tenant: "other", Actor: "mallory", Action: "edit", At: now},
	}
	e := w.explain()
	list := func(name string) (all []string) {
		for _, c := range layer(t, e, name).Changes {
			all = append(all, c.What+" by "+c.By)
		}
		return all
	}
	for name, want := range map[string]string{
		"Tenant": "[spec by kubectl-edit edit by eve]",
		"Active": "[condition Active by echoblogs-operator spec.suspended by echoblogs-staff suspend by jane]",
		"Schema": "[condition DatabaseReady by echoblogs-operator]",
	} {
		if got := fmt.Sprint(list(name)); got != want {
			t.Errorf("%s was changed: %s, want %s", name, got, want)
		}
	}
	if len(e.Audit) != 2 {
		t.Errorf("the audit log has %+v", e.Audit)
	}
}

func (w *world) addTombstone() {
	w.tombstones = append(w.tombstones, tenancy.Tombstone{
		ID: 3, Name: w.tenant.Name, State: tenancy.StateTombstone, ReleasedAt: time.Date(2029, 11, 1, 0, 0, 0, 0, time.UTC), PurgeAt: time.Date(2029, 12, 31, 0, 0, 0, 0, time.UTC),
	})
}

// setCondition sets a condition of the Tenant as the operator does.
func (w *world) setCondition(kind string, status metav1.ConditionStatus, reason, problem string) {
	meta.SetStatusCondition(&w.tenant.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: remediation.Append(reason, problem), ObservedGeneration: w.tenant.Generation,
	})
}

// breakBackend sets the conditions of a backend that answers for no Tenant.
func (w *world) breakBackend() {
	for _, kind := range []string{v1alpha1.ConditionBackendReady, v1alpha1.ConditionReady} {
		meta.SetStatusCondition(&w.platform.Status.Conditions, metav1.Condition{
			Type: kind, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonBackendUnavailable,
			Message: remediation.Append(v1alpha1.ReasonBackendUnavailable, "The backend answers for none."),
		})
	}
	w.setCondition(v1alpha1.ConditionServing, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed, "It does not answer.")
	w.setCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonProbeFailed, "It does not answer.")
}
