package crash_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// lose removes Tenants as a loss of the API server's objects does. No operator may run.
func lose(t *testing.T, p *stack.Platform, names ...string) {
	t.Helper()
	for _, name := range names {
		p.EditTenant(name, func(t *v1alpha1.Tenant) { t.Finalizers = nil })
		if err := p.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		p.WaitGone(name)
	}
}

// authored returns what the authors of a Tenant have said, apart from its recreation.
func authored(t *testing.T, p *stack.Platform, name string) *v1alpha1.Tenant {
	t.Helper()
	authored, err := desired.Authored(p.Tenant(name))
	if err != nil {
		t.Fatal(err)
	}
	delete(authored.Annotations, v1alpha1.AnnotationAdoptOrphan)
	managers := authored.ManagedFields
	authored.ManagedFields = nil
	for _, entry := range managers {
		if entry.Manager != "echoblogs-recreate" {
			authored.ManagedFields = append(authored.ManagedFields, entry)
		}
	}
	return authored
}

// addPost adds the post "Of NAME" to the blog of a Tenant.
func addPost(p *stack.Platform, name string) {
	p.Exec(`INSERT INTO ` + name + `.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
		VALUES ('a', 'Of ` + name + `', 'x', '', '', '', now(), now(), now())`)
}

// waitPost waits until the blog of a Tenant shows a post.
func waitPost(p *stack.Platform, name, title string) {
	host := name + "." + stack.Domain
	p.Wait(host+" shows the post", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], host, "/")
		if err == nil && (answer.Status != http.StatusOK || !strings.Contains(answer.Body, title)) {
			err = fmt.Errorf("it answers %d", answer.Status)
		}
		return err
	})
}

// The API server has lost all Tenants. They are created again with all that they had, and their posts are served.
func TestTenantsAreRecreated(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	names := []string{"alice", "bob", "carol"}
	before := map[string]*v1alpha1.Tenant{}
	for _, name := range names {
		p.ApplyTenant("argocd", fmt.Sprintf(`{"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": {"name": %q, "labels": {"team": "a"},
			"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}, "spec": {"limits": {"posts": 3}, "owner": {"username": %q}}}`, name, name))
	}
	p.WaitTenantsReady(names...)
	for _, name := range names {
		addPost(p, name)
		p.EditTenant(name, func(t *v1alpha1.Tenant) { t.Spec.DisplayName, t.Spec.Suspended = "Edited "+name, new(name == "carol") })
	}
	waitHealthy(p)
	for _, name := range names {
		before[name] = authored(t, p, name)
	}
	operator.Kill()
	lose(t, p, names...)

	for _, arguments := range [][]string{{"recreate"}, {"recreate", "alice", "--all"}, {"recreate", "nobody"}} {
		if printed, err := p.RunPlugin(t.Context(), append([]string{"orphans"}, arguments...)...); err == nil {
			t.Errorf("orphans %v prints %s", arguments, printed)
		}
	}
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "alice"); err != nil || printed != "Tenant alice has the data of schema alice.\n" {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.StartOperator()
	p.WaitTenantsReady("alice")
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "--all"); err != nil || strings.Count(printed, "has the data of schema") != 2 {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.WaitTenantsReady(names...)
	for _, name := range names {
		if diff := cmp.Diff(before[name], authored(t, p, name)); diff != "" {
			t.Errorf("%s is another (-want +got):\n%s", name, diff)
		}
	}
	waitPost(p, "alice", "Of alice")
	waitPost(p, "bob", "Of bob")
	if phase := p.Tenant("carol").Status.Phase; phase != v1alpha1.TenantSuspended {
		t.Errorf("carol is %s", phase)
	}
	waitHealthy(p)
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "--all"); err != nil || printed != "No orphans found.\n" {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "alice"); err == nil || !strings.Contains(err.Error(), `the Tenant "alice" exists`) {
		t.Errorf("the Tenant of a row that is no orphan: it prints %q, error %v", printed, err)
	}
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Annotations[v1alpha1.AnnotationFieldManagers] = "[]" }) // as after a call that died
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "--all"); err != nil || printed != "Tenant alice has the data of schema alice.\n" {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	if managers, incomplete := p.Tenant("alice").Annotations[v1alpha1.AnnotationFieldManagers]; incomplete {
		t.Errorf("alice still has the annotation %s", managers)
	}
}

// A Tenant that waits for the row of another one gets it, but never one of another owner, who may have signed up with the name.
func TestStalledTenantGetsTheRow(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	p.CreateTenant("alice")
	p.CreateTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: "bob"} })
	p.CreateTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: "carol"} })
	p.CreateTenant("dave")
	p.WaitTenantsReady("alice", "bob", "carol", "dave")
	operator.Kill()
	lose(t, p, "alice", "bob", "carol", "dave")
	p.StartOperator()
	p.CreateTenant("carol")
	p.CreateTenant("dave", func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: "mallory"} })
	p.CreateTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Another" })
	p.CreateTenant("bob", func(t *v1alpha1.Tenant) { t.Spec.Owner = &v1alpha1.TenantOwner{Username: "mallory"} })
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	for _, name := range []string{"bob", "carol", "dave"} {
		p.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	}
	printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "--all")
	if err == nil || !strings.Contains(err.Error(), `the row of "bob" belongs to the owner "bob", and the Tenant "bob" to another`) ||
		!strings.Contains(err.Error(), `the row of "carol" belongs to the owner "carol", and its Tenant to none`) || printed != "Tenant alice has the data of schema alice.\n" {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.WaitTenantsReady("alice")
	if name := p.Tenant("alice").Spec.DisplayName; name != "Another" {
		t.Errorf("it has the name %q", name)
	}
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "bob"); err == nil || !strings.Contains(err.Error(), `belongs to the owner "bob", and the Tenant "bob" to another`) {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	for _, name := range []string{"bob", "dave"} {
		p.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	}
	if printed, err := p.RunPlugin(t.Context(), "orphans", "recreate", "carol"); err != nil {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.WaitTenantsReady("carol")
}

// An orphan that is retired becomes a tombstone as its Tenant was, and counts as a deletion.
func TestOrphanIsRetired(t *testing.T) {
	t.Parallel()
	p := stack.New(t, func(p *v1alpha1.Platform) {
		p.Spec.Protection = &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: new(int32(1))}
	})
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	names := []string{"alice", "bob", "carol", "dave", "eve"}
	for _, name := range names {
		p.CreateTenant(name, func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Blog of " + name })
	}
	p.WaitTenantsReady(names...)
	addPost(p, "alice")
	waitHealthy(p)
	operator.Kill()
	lose(t, p, "alice", "bob")
	p.Exec(`UPDATE public.tenants SET suspend_at = '-infinity' WHERE name = 'alice'`) // as the operator suspends orphans

	for _, arguments := range [][]string{{"retire"}, {"retire", "--all"}, {"retire", "nobody"}, {"retire", "carol"}} {
		if printed, err := p.RunPlugin(t.Context(), append([]string{"orphans"}, arguments...)...); err == nil {
			t.Errorf("orphans %v prints %s", arguments, printed)
		}
	}
	printed, err := p.RunPlugin(t.Context(), "orphans", "retire", "alice")
	tombstone, tombstoneErr := p.Tombstone(t.Context(), "alice")
	if err != nil || tombstoneErr != nil || !strings.HasPrefix(printed, fmt.Sprintf("Retired alice: its data is kept as tombstone %d in the schema deleted_", tombstone)) {
		t.Errorf("it prints %q, errors %v, %v", printed, err, tombstoneErr)
	}
	p.Wait("alice is not served", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], "alice."+stack.Domain, "/")
		if err == nil && answer.Status != http.StatusNotFound {
			err = fmt.Errorf("the status is %d", answer.Status)
		}
		return err
	})
	if n := p.Count(`SELECT count(*) FROM public.tenants WHERE name = 'alice' AND purge_at BETWEEN now() + interval '29 days' AND now() + interval '31 days'`); n != 1 {
		t.Error("the data is not kept for 30 days")
	}
	if n := p.Count(`SELECT count(*) FROM public.tenant_objects WHERE tenant_id = $1 AND object->'spec'->>'displayName' = 'Blog of alice' AND object->'spec'->'suspended' IS NULL`, tombstone); n != 1 {
		t.Error("the tombstone keeps another spec")
	}

	// The limit holds for what follows, by this command or another.
	if _, err := p.RunPlugin(t.Context(), "orphans", "retire", "bob"); err == nil || !strings.Contains(err.Error(), `"bob" is not retired, because 1 Tenants were deleted or retired within an hour`) {
		t.Errorf("beyond the limit: %v", err)
	}
	p.StartOperator()
	if err := p.Delete(t.Context(), "carol"); err != nil {
		t.Fatal(err)
	}
	p.WaitCondition("carol", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld)

	// It is restored as it was.
	p.CreateTenant("alice", func(t *v1alpha1.Tenant) {
		t.Annotations = map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.RestoreTombstone(tombstone)}
	})
	p.WaitTenantsReady("alice")
	waitPost(p, "alice", "Of alice")
	if printed, err := p.RunPlugin(t.Context(), "orphans", "retire", "alice"); err == nil {
		t.Errorf("the row is no orphan: it prints %q", printed)
	}
}
