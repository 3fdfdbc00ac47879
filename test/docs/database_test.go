package docs_test

import (
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// The database of yesterday is restored. Since then, posts were lost, and blogs were created, deleted and suspended.
func TestDatabaseIsRestored(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	for _, name := range []string{"alice", "bob", "dave"} {
		i.ReadyTenant(name)
		i.write(name, "Written before the backup")
	}
	i.follow("Back up", 0)
	i.write("alice", "Written since")
	i.Exec(`DELETE FROM alice.posts WHERE title = 'Written before the backup'`)
	i.ReadyTenant("carol")
	i.write("carol", "Written since")
	i.DeleteTenants("bob")
	i.EditTenant("dave", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	i.waitBlog("dave", http.StatusPaymentRequired, "")

	// Pods that write nothing stay.
	i.createPod("echoblogs-portal", corev1.PodFailed) // an evicted one
	i.createPod("echoblogs-test", corev1.PodPending)
	i.stop()
	i.follow("Replace the database", 0)
	if orphans := i.start(); !strings.Contains(orphans, "bob") {
		t.Errorf("the orphan is not listed:\n%s", orphans)
	}
	i.follow("Upgrade", 0)

	i.WaitTenantsReady("alice", "dave")
	i.waitBlog("alice", http.StatusOK, "Written before the backup")
	i.wantNot("alice", "Written since")
	i.waitBlog("dave", http.StatusPaymentRequired, "")
	i.WaitCondition("carol", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaMissing)

	i.follow("What has changed since the backup", 0)
	i.follow("What has changed since the backup", 1)
	i.waitBlog("carol", http.StatusOK, "")
	i.follow("What has changed since the backup", 2)
	i.waitBlog("bob", http.StatusNotFound, "")
	if n := i.Count(`SELECT count(*) FROM public.tenants t JOIN pg_namespace n ON n.nspname = t.tombstone_schema WHERE name = 'bob'`); n != 1 {
		t.Errorf("bob has %d tombstones, want 1", n)
	}
	i.follow("What has changed since the backup", 3)
}

func TestDatabaseIsRestoredWithoutASuperuser(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice")
	i.write("alice", "Written before the backup")
	i.follow("Back up", 0)
	i.write("alice", "Written since")
	i.stop()
	i.follow("Replace the database without a superuser", 0)
	i.start()
	i.WaitTenantsReady("alice")
	i.waitBlog("alice", http.StatusOK, "Written before the backup")
	i.wantNot("alice", "Written since")
	if printed, status, err := i.Doctor(t.Context()); err != nil || status != 0 {
		t.Errorf("the doctor prints %s, error %v", printed, err)
	}
	i.script(`dropdb "${DATABASE}_replaced"`)
}

// createPod creates a pod of a program, which nothing runs.
func (i *installation) createPod(program string, phase corev1.PodPhase) {
	i.t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: program, Labels: map[string]string{
		"app.kubernetes.io/name": program, "app.kubernetes.io/part-of": "echoblogs",
	}}}
	pod.Spec.Containers = []corev1.Container{{Name: "program", Image: "program"}}
	i.CreateObject(pod)
	pod.Status.Phase = phase
	if err := i.Client.Status().Update(i.t.Context(), pod); err != nil {
		i.t.Fatal(err)
	}
}
