package staff_test

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

const addPost = `INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
	VALUES ('kept', 'The post that was kept', 'alice', '', '', '', now(), now(), now())`

// waitPage waits until a page contains all texts.
func waitPage(p *stack.Platform, v *portaltest.Client, path string, texts ...string) {
	p.Wait(path+" contains "+strings.Join(texts, ", "), func(context.Context) error {
		shown := v.Get(path)
		for _, text := range texts {
			if !strings.Contains(shown.Body, text) {
				return portaltest.ErrNotYet
			}
		}
		return nil
	})
}

func TestStaffDeletesAndRestores(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice", func(tenant *v1alpha1.Tenant) {
		tenant.Spec.DisplayName = "Wonderland"
		tenant.Spec.Domain = stack.OtherDomain
		tenant.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"}
	})
	p.Exec(addPost)
	v := portaltest.NewStaff(t, p, site)
	v.Get("/staff/tombstones/").Want(t, http.StatusOK, "No matching deleted blogs.")

	v.Get("/staff/tenants/alice/").Want(t, http.StatusOK, "its data is kept until", "staff.test has set fields of this tenant.")
	v.SubmitForm("/staff/tenants/alice/", "/staff/tenants/alice/delete/", "confirm", "alice").Want(t, http.StatusOK, "The blog is deleted.", "<h1>Deleted blogs</h1>")
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	waitStatus(t, p, "www.alice.org", http.StatusNotFound)
	v.Get("/staff/tombstones/?q=ali").Want(t, http.StatusOK, "<td>alice</td>", "<td>deleted_", `<a href="/staff/users/alice/">alice</a>`, " kB</td>", `aria-label="Restore alice of `)
	v.Get("/staff/tombstones/?q=bob").Want(t, http.StatusOK, "No matching deleted blogs.")

	v.Submit(portaltest.RestorePath(t, p, "alice")).Want(t, http.StatusOK, "The blog is being restored", "<h1>alice</h1>", "<td>delete</td>", "data kept until ", "<td>restore</td>")
	p.WaitTenantsReady("alice")
	restored := p.Tenant("alice").Spec
	if restored.DisplayName != "Wonderland" || restored.Owner == nil || restored.Owner.Email != "alice@example.org" || restored.Domain != stack.OtherDomain {
		t.Errorf("the Tenant came back as %+v", restored)
	}
	for _, host := range []string{"alice." + stack.OtherDomain, "www.alice.org"} {
		waitStatus(t, p, host, http.StatusOK)
		answer, err := stack.Get(t.Context(), p.Blogs[0], host, "/")
		if err != nil || !strings.Contains(answer.Body, "The post that was kept") {
			t.Errorf("%s says, error %v: %s", host, err, answer.Body)
		}
	}
	portaltest.LogIn(t, site, "alice", portaltest.Password)
	v.Submit("/staff/tombstones/123456/restore/").Want(t, http.StatusNotFound, "This data is not kept any more")
}

// A blog with a custom schema name can be restored by administrators only, and an existing Tenant is not created twice.
func TestStaffCannotRestore(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bob, schema := portaltest.Name("alice"), portaltest.Name("bob"), portaltest.Name("wonderland")
	p.CreateTenant(alice, platformtest.WithSpec(v1alpha1.TenantSpec{SchemaName: schema, Trial: new(false), Owner: &v1alpha1.TenantOwner{Username: alice}}))
	p.CreateTenant(bob)
	p.WaitTenantsReady(alice, bob)
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	for _, name := range []string{alice, bob} {
		v.SubmitForm("/staff/tenants/"+name+"/", "/staff/tenants/"+name+"/delete/", "confirm", name).Want(t, http.StatusOK)
		if err := p.AwaitGone(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	v.Get("/staff/tombstones/?q="+alice).Want(t, http.StatusOK, "Only an administrator can restore it", "schemaName: "+schema+"\n", "tenancy.echoblogs.io/on-tombstone: Restore/", "  owner:\n    username: "+alice+"\n", "  trial: false\n").
		Without(t, "Restore "+alice)
	v.Submit(portaltest.RestorePath(t, p, alice)).Want(t, http.StatusUnprocessableEntity, "This cannot be restored here")

	p.CreateTenant(bob)
	waitPage(p, v, "/staff/tenants/"+bob+"/", "TombstoneExists", "What to do: To restore the data, annotate the Tenant with tenancy.echoblogs.io/on-tombstone=Restore/ID.", "Failed")
	v.Submit(portaltest.RestorePath(t, p, bob)).Want(t, http.StatusConflict, "annotate tenant "+bob+" tenancy.echoblogs.io/on-tombstone=Restore/")
}

// Owner and staff can edit a blog that was registered on the site, before its deletion and after its restoration.
func TestStaffAndOwner(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	name := portaltest.Name("alice")
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Register(name)).Want(t, http.StatusOK, "Welcome, "+name)
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	v.Get("/staff/tenants/"+name+"/").Want(t, http.StatusOK, name+"@people.example").Without(t, "Set by", "has set fields")
	alice.SubmitForm("/account/"+name+"/", "/account/"+name+"/name/", "display_name", "Mine").Want(t, http.StatusOK, "Saved.")
	v.Submit("/staff/tenants/"+name+"/settings/", settings(t, v, name, "displayName", "Ours", "trial", "no")...).Want(t, http.StatusOK, "Saved.")
	alice.Get("/account/"+name+"/").Want(t, http.StatusOK, `value="Ours"`)
	p.WaitTenantsReady(name)

	v.SubmitForm("/staff/tenants/"+name+"/", "/staff/tenants/"+name+"/delete/", "confirm", name).Want(t, http.StatusOK, "The blog is deleted.")
	if err := p.AwaitGone(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	waitPage(p, alice, "/account/", "You did not delete this blog here. To restore it, contact support.")
	const asDay = "2 January 2006"
	until, end := time.Now().UTC().AddDate(0, 0, 30).Format(asDay), time.Now().UTC().AddDate(0, 0, 37).Format(asDay)
	waitPage(p, v, "/staff/users/"+name+"/", `<a href="/staff/tombstones/?q=`+name+`">`+name+`</a>, kept until `+until, "<dt>Removal</dt><dd>after "+end+", unless a blog is restored</dd>")
	alice.Submit("/account/"+name+"/restore/").Want(t, http.StatusForbidden, "You cannot restore this blog yourself")
	v.Submit(portaltest.RestorePath(t, p, name)).Want(t, http.StatusOK, "The blog is being restored")
	p.WaitTenantsReady(name)
	v.Get("/staff/users/"+name+"/").Want(t, http.StatusOK).Without(t, "Deleted blogs</dt>", "Removed</dt>")
	// The address is not confirmed, and the blog still belongs to the account that signed up for it.
	alice.SubmitForm("/account/"+name+"/", "/account/"+name+"/name/", "display_name", "Mine again").Want(t, http.StatusOK, "Saved.")
	v.Submit("/staff/tenants/"+name+"/suspend/").Want(t, http.StatusOK, "The blog is suspended")
	waitStatus(t, p, name+"."+stack.Domain, http.StatusPaymentRequired)
	if spec := p.Tenant(name).Spec; spec.DisplayName != "Mine again" || spec.Owner == nil || spec.Owner.Email != name+"@people.example" {
		t.Errorf("the Tenant says %+v", spec)
	}
}

// A restored Tenant has exactly the spec that it had, and the date in the registry.
func TestRestoredSpecIsComplete(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	storage := resource.MustParse("1536Mi")
	said := map[string]v1alpha1.TenantSpec{
		"everything": {
			PlatformRef: v1alpha1.PlatformReference{Name: v1alpha1.DefaultPlatform}, DisplayName: "Wonderland: \"it's\" <fine>", Domain: stack.OtherDomain,
			CustomDomains: []v1alpha1.CustomDomain{"www.zoe.org", "alice.net"}, PaidUntil: "2031-01-31", Trial: new(false), Suspended: new(true),
			SuspensionReason: "Payment is overdue.",
			Owner:            &v1alpha1.TenantOwner{Username: "alice", Email: "Alice@example.org"}, DeletionPolicy: v1alpha1.DeletionPolicyRetain,
			Limits: &v1alpha1.Limits{Posts: new(int64(0)), Storage: &storage, RequestsPerSecond: new(int32(7))},
		},
		"nothing":      {},
		"falsehoods":   {Trial: new(true), Suspended: new(false), DisplayName: "falsehoods", Domain: stack.Domain},
		"one-limit":    {Limits: &v1alpha1.Limits{RequestsPerSecond: new(int32(0))}},
		"name-of-who":  {Owner: &v1alpha1.TenantOwner{Username: "bob"}},
		"taken-domain": {CustomDomains: []v1alpha1.CustomDomain{"www.zoe.org"}}, // which belongs to "everything"
	}
	full := reflect.ValueOf(said["everything"])
	for i := range full.NumField() {
		// Only administrators may set a schema name.
		if field := full.Type().Field(i).Name; full.Field(i).IsZero() && field != "SchemaName" {
			t.Errorf("no Tenant here sets %s", field)
		}
	}
	p.CreateTenant("everything", platformtest.WithSpec(said["everything"]))
	p.WaitTenantsReady("everything")
	for name, spec := range said {
		if name != "everything" {
			p.CreateTenant(name, platformtest.WithSpec(spec))
			p.WaitCondition(name, v1alpha1.ConditionServing, metav1.ConditionTrue, "")
		}
	}
	// A date that is no longer in the spec is still in the registry.
	for _, date := range []v1alpha1.Date{"2029-02-28", ""} {
		if err := p.Edit(t.Context(), "nothing", func(tenant *v1alpha1.Tenant) { tenant.Spec.PaidUntil = date }); err != nil {
			t.Fatal(err)
		}
		p.WaitTenantsReady("nothing")
	}
	v := portaltest.NewStaff(t, p, site)
	for _, name := range slices.Sorted(maps.Keys(said)) {
		before := p.Tenant(name)
		p.DeleteTenants(name)
		v.Submit(portaltest.RestorePath(t, p, name)).Want(t, http.StatusOK, "The blog is being restored")
		p.WaitCondition(name, v1alpha1.ConditionServing, metav1.ConditionTrue, "")
		after := p.Tenant(name)
		if diff := cmp.Diff(said[name], after.Spec); diff != "" {
			t.Errorf("%s came back with another spec (-want +got):\n%s", name, diff)
		}
		if after.Status.PaidUntil != before.Status.PaidUntil || after.UID == before.UID {
			t.Errorf("%s was paid until %s, and is until %s", name, before.Status.PaidUntil, after.Status.PaidUntil)
		}
	}
	waitStatus(t, p, "everything."+stack.OtherDomain, http.StatusPaymentRequired)
}

// A Tenant that is restored by applying a manifest has the spec of the manifest, and the date in the registry.
func TestRestorationByManifest(t *testing.T) {
	t.Parallel()
	p, _ := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	p.CreateTenant(alice, platformtest.WithSpec(v1alpha1.TenantSpec{PaidUntil: "2031-01-31", Suspended: new(true), DisplayName: "Wonderland"}))
	p.WaitTenantsReady(alice)
	p.DeleteTenants(alice)
	id, err := p.Tombstone(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	p.ApplyTenant("kubectl", `
apiVersion: tenancy.echoblogs.io/v1alpha1
kind: Tenant
metadata:
  name: `+alice+`
  namespace: `+p.Namespace+`
  annotations: {tenancy.echoblogs.io/on-tombstone: `+v1alpha1.RestoreTombstone(id)+`}
`)
	p.WaitTenantsReady(alice)
	restored := p.Tenant(alice)
	if diff := cmp.Diff(v1alpha1.TenantSpec{}, restored.Spec); diff != "" || restored.Status.PaidUntil != "2031-01-31" {
		t.Errorf("it is paid until %s, and its spec was written (-want +got):\n%s", restored.Status.PaidUntil, diff)
	}
	waitStatus(t, p, alice+"."+stack.Domain, http.StatusOK)
}
