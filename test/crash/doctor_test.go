package crash_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// waitHealthy waits until the doctor finds no problem.
func waitHealthy(p *stack.Platform) {
	p.Wait("the doctor finds no problem", func(ctx context.Context) error {
		said, status, err := p.Doctor(ctx)
		if err == nil && (status != 0 || said != stack.Healthy) {
			err = fmt.Errorf("it exits with %d and prints:\n%s", status, said)
		}
		return err
	})
}

// The other tests rely on the doctor, so it must find every kind of problem.
func TestDoctorFindsProblems(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	names := []string{"no-ingress", "no-schema", "no-row", "edited-row", "no-privilege", "no-table", "unharmed", "tombstone"}
	for _, name := range names {
		if err := p.Create(t.Context(), &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if err := p.AwaitReady(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Delete(t.Context(), "tombstone"); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitGone(t.Context(), "tombstone"); err != nil {
		t.Fatal(err)
	}
	waitHealthy(p)
	operator.Kill() // it would repair the damage

	ingress := func(name string) *networkingv1.Ingress {
		return &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.Namespace}}
	}
	if err := p.Client.Delete(t.Context(), ingress(routing.TenantIngressName("no-ingress"))); err != nil {
		t.Fatal(err)
	}
	var surplus networkingv1.Ingress
	if err := p.Client.Get(t.Context(), p.Key(routing.TenantIngressName("unharmed")), &surplus); err != nil {
		t.Fatal(err)
	}
	surplus.ObjectMeta = metav1.ObjectMeta{Name: "tenant-unowned", Namespace: p.Namespace, Labels: surplus.Labels}
	if err := p.Client.Create(t.Context(), &surplus); err != nil {
		t.Fatal(err)
	}
	p.Exec(`DROP SCHEMA no_schema CASCADE`)
	p.Exec(`REVOKE SELECT ON no_privilege.posts FROM echoblogs_blog`)
	p.Exec(`ALTER TABLE no_table.posts RENAME TO entries`)
	p.Exec(`DELETE FROM public.tenants WHERE name = 'no-row'`)
	p.Exec(`UPDATE public.domains SET host = 'www.mallory.org' WHERE host = 'edited-row.example.com'`)
	p.Exec(`CREATE SCHEMA unowned`)
	p.Exec(`DO $$ BEGIN EXECUTE format('ALTER ROLE echoblogs_blog IN DATABASE %I SET statement_timeout = 0', current_database()); END $$`)
	p.Exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at, created_at, updated_at)
		VALUES ('orphan', 'public', 'live', 1, 'x', now(), now(), now(), now())`)
	p.Exec(`DO $$ BEGIN EXECUTE (SELECT 'DROP SCHEMA ' || tombstone_schema || ' CASCADE' FROM public.tenants WHERE state = 'tombstone'); END $$`)

	orphans, err := p.RunPlugin(t.Context(), "orphans")
	if lines := strings.Split(strings.TrimSpace(orphans), "\n"); err != nil || len(lines) != 2 || !strings.HasPrefix(lines[1], "orphan ") {
		t.Errorf("the orphans are %q, error %v", orphans, err)
	}

	said, status, err := p.Doctor(t.Context())
	if err != nil || status == 0 {
		t.Errorf("the doctor exits with %d, %v", status, err)
	}
	for _, want := range [][]string{
		{"Ingress", "tenant-no-ingress", "The Ingress is missing."},
		{"Ingress", "tenant-edited-row", "The Ingress differs from the desired state."},
		{"Ingress", "tenant-unowned", "The Ingress belongs to no Tenant."},
		{"Role", "echoblogs_blog", "The role has the setting statement_timeout=0."},
		{"Row", "orphan", "There is no Tenant for this row. To create it again, run: kubectl echoblogs orphans recreate orphan."},
		{"Schema", "unowned", "The schema belongs to no tenant."},
		{"Schema", "no_row", "The schema belongs to no tenant."},
		{"Schema", "deleted_", "The schema of this tombstone is missing."},
		{"Tenant", "no-schema", `The Tenant's schema "no_schema" is missing.`},
		{"Tenant", "no-privilege", `Run: GRANT SELECT ON TABLE "no_privilege"."posts" TO "echoblogs_blog";`},
		{"Tenant", "no-table", `If it was renamed to "entries", run: ALTER TABLE "no_table"."entries" RENAME TO "posts";`},
		{"Tenant", "no-row", "The registry has no live row for the Tenant."},
		{"Tenant", "edited-row", "The Tenant's registry row differs from its spec."},
	} {
		if !hasLine(said, want) {
			t.Errorf("the doctor does not report %q", want)
		}
	}
	for _, unwanted := range []string{"unharmed", "tenant-no-row"} {
		if strings.Contains(said, unwanted) {
			t.Errorf("the doctor reports %q, which is healthy, or its only cause is reported", unwanted)
		}
	}

	// After a takeover, the rows are another cluster's.
	p.Exec(`UPDATE public.installation SET namespace_uid = 'another'`)
	for _, command := range [][]string{{"doctor"}, {"orphans"}, {"orphans", "recreate", "--all"}} {
		output, err := p.RunPlugin(t.Context(), command...)
		if err == nil || !strings.Contains(err.Error(), `with the UID another`) {
			t.Errorf("%v of a Platform whose database serves another one: %q, error %v", command, output, err)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

// hasLine reports whether one line contains all texts.
func hasLine(text string, words []string) bool {
lines:
	for line := range strings.Lines(text) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue lines
			}
		}
		return true
	}
	return false
}
