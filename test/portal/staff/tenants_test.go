package staff_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestStaffOnly(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	name := portaltest.Name("alice")
	portaltest.AddAccount(t, p, name)
	alice, anonymous := portaltest.LogIn(t, site, name, portaltest.Password), portaltest.NewClient(t, site)
	anonymous.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	for _, path := range []string{
		"/staff/", "/staff/tenants/" + name + "/", "/staff/tombstones/", "/staff/users/", "/staff/users/" + name + "/", "/staff/codes/", "/staff/audit/",
	} {
		alice.Get(path).Want(t, http.StatusForbidden, "This page is for staff")
		if to := anonymous.Get(path).Want(t, http.StatusSeeOther).Header.Get("Location"); to[:len("/login/?next=")] != "/login/?next=" {
			t.Errorf("%s redirects an unauthenticated client to %s", path, to)
		}
	}
	for _, path := range []string{
		"/staff/tenants/" + name + "/settings/", "/staff/tenants/" + name + "/suspend/", "/staff/tenants/" + name + "/resume/", "/staff/tenants/" + name + "/delete/",
		"/staff/tombstones/" + name + "/restore/", "/staff/users/" + name + "/lock/", "/staff/users/" + name + "/unlock/", "/staff/users/" + name + "/reset/",
		"/staff/codes/", "/staff/codes/1/revoke/",
	} {
		alice.Submit(path, "confirm", name).Want(t, http.StatusForbidden, "This page is for staff")
		anonymous.Submit(path, "confirm", name).Want(t, http.StatusForbidden, "You are logged out")
	}
	if left := p.Tenant(name); left.Generation != 1 || left.DeletionTimestamp != nil {
		t.Errorf("the Tenant was changed: %+v", left)
	}
}

func TestStaffTenants(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	suspended := true
	p.CreateTenant("alice", platformtest.WithSpec(v1alpha1.TenantSpec{
		DisplayName: "Wonderland <3", Owner: &v1alpha1.TenantOwner{Username: "liddell", Email: "liddell@example.org"},
		CustomDomains: []v1alpha1.CustomDomain{"www.rabbit-hole.org"}, PaidUntil: "2030-12-31",
	}))
	p.CreateTenant("bob", platformtest.WithSpec(v1alpha1.TenantSpec{Suspended: &suspended}))
	p.WaitTenantsReady("alice", "bob") // carol comes too late for the domain
	p.CreateTenant("carol", platformtest.WithSpec(v1alpha1.TenantSpec{CustomDomains: []v1alpha1.CustomDomain{"www.rabbit-hole.org"}}))
	p.Wait("the Platform counts its Tenants", func(ctx context.Context) error { return counted(ctx, p, 3) })
	v := portaltest.NewStaff(t, p, site)

	t.Run("list", func(t *testing.T) {
		v.Get("/staff/").Want(t, http.StatusOK, "All (3)", "Suspended (1)", `href="/staff/tenants/alice/"`, `<br><bdi lang="">Wonderland &lt;3</bdi></td>`, "<td>2030-12-31</td>", " kB</td>",
			`href="/staff/users/liddell/"`, "hidden from readers", "belongs to")
		for _, text := range []string{"WONDER", "ali", "liddell", "rabbit-hole", "alice.example.com"} {
			v.Get("/staff/?q="+text).Want(t, http.StatusOK, `<a href="/staff/tenants/alice/">alice</a>`).Without(t, "/staff/tenants/bob/")
		}
		v.Get("/staff/?phase=Suspended").Want(t, http.StatusOK, `<a href="/staff/tenants/bob/">bob</a>`).Without(t, "/staff/tenants/alice/")
		v.Get("/staff/?q=nothing-like-this").Want(t, http.StatusOK, "No matching tenants.", `value="nothing-like-this"`)
	})
	t.Run("one", func(t *testing.T) {
		v.Get("/staff/tenants/alice/").Want(t, http.StatusOK, "Wonderland &lt;3", "http://alice.example.com/", "www.rabbit-hole.org", "liddell@example.org",
			"31 December 2030", "alice, at version", "Blog responds", "Serving, since", "Succeeded")
		v.Get("/staff/tenants/bob/").Want(t, http.StatusOK, "What to do: To resume it, set spec.suspended to false.")
		v.Get("/staff/tenants/carol/").Want(t, http.StatusOK, "www.rabbit-hole.org (not active)", "belongs to the Tenant &#34;alice&#34;",
			"What to do: Remove the custom domain from this Tenant or from the other one.", "CustomDomainTaken</td>")
		v.Get("/staff/tenants/nobody/").Want(t, http.StatusNotFound, "There is no such tenant", `href="/staff/tombstones/?q=nobody"`)
	})
}

// Invalid names are not found, and do not cause server errors.
func TestStaffOddNames(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	for _, odd := range []string{"a%2Fb", "%00", "%ff", "..%2f..", "a%25b", strings.Repeat("x", 300)} {
		v.Get("/staff/tenants/"+odd+"/").Want(t, http.StatusNotFound)
		v.Get("/staff/users/"+odd+"/").Want(t, http.StatusNotFound)
		v.Submit("/staff/tombstones/"+odd+"/restore/").Want(t, http.StatusNotFound)
		for _, list := range []string{"/staff/", "/staff/tombstones/", "/staff/users/"} {
			v.Get(list+"?page="+odd+"&before="+odd+"&after="+odd+"&phase="+odd).Want(t, http.StatusOK)
			v.Get(list+"?q="+odd).Want(t, http.StatusOK)
		}
	}
}

// A locked table does not block the list.
func TestStaffSizes(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	p.CreateTenant(alice)
	p.WaitTenantsReady(alice)
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	v.Get("/staff/?q="+alice).Want(t, http.StatusOK, " kB</td>").Without(t, "<td>unknown</td>")

	migration, err := p.Admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migration.Exec(t.Context(), `LOCK TABLE `+alice+`.posts IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	v.Get("/staff/?q="+alice).Want(t, http.StatusOK, `href="/staff/tenants/`+alice+`/"`, "<td>unknown</td>")
	if err := migration.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Get("/staff/?q="+alice).Want(t, http.StatusOK, " kB</td>")
}

// counted returns nil if the Platform's status counts n Tenants, one of them suspended.
func counted(ctx context.Context, p *stack.Platform, n int32) error {
	var platform v1alpha1.Platform
	if err := p.Client.Get(ctx, p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
		return err
	}
	if counts := platform.Status.Tenants; counts == nil || counts.Total != n || counts.Suspended != 1 {
		return portaltest.ErrNotYet
	}
	return nil
}

func TestStaffPages(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	for i := range 51 { // without schemas: the Platform does not list the domain
		p.CreateTenant(fmt.Sprintf("blog-%02d", i), platformtest.WithSpec(v1alpha1.TenantSpec{Domain: "elsewhere.example.org"}))
	}
	v := portaltest.NewStaff(t, p, site)
	waitPage(p, v, "/staff/?phase=Failed", "All (51)", "Failed (51)", "/staff/tenants/blog-49/", `rel="next" href="/staff/?after=blog-50&amp;phase=Failed"`)
	v.Get("/staff/?after=blog-50&phase=Failed").Want(t, http.StatusOK, "/staff/tenants/blog-50/", `<a href="/staff/?phase=Failed">First page</a>`).
		Without(t, "/staff/tenants/blog-49/", `rel="next"`)
	v.Get("/staff/").Want(t, http.StatusOK, "/staff/tenants/blog-00/", `rel="next" href="/staff/?after=blog-50"`).Without(t, "First page")
	v.Get("/staff/?q=Blog-4").Want(t, http.StatusOK, "/staff/tenants/blog-40/").Without(t, "/staff/tenants/blog-39/", `rel="next"`)
}
