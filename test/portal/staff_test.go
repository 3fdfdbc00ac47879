package portal_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

var errNotYet = errors.New("not yet")

// addTenant makes a Tenant and does not wait for it.
func addTenant(t *testing.T, p *stack.Platform, name string, spec v1alpha1.TenantSpec) {
	t.Helper()
	if err := p.Create(t.Context(), &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}); err != nil {
		t.Fatal(err)
	}
}

// awaitReady waits for Tenants.
func awaitReady(t *testing.T, p *stack.Platform, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := p.AwaitReady(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// newStaff returns a member of staff, called root-eve, who is logged in.
func newStaff(t *testing.T, p *stack.Platform, site *stack.Portal) *visitor {
	t.Helper()
	addUser(t, p, "root-eve", func(u *account.User) { u.Role = account.Staff })
	return logIn(t, site, "root-eve", secret)
}

func TestStaffOnly(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	alice, nobody := logIn(t, site, "alice", secret), newVisitor(t, site)
	nobody.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	for _, path := range []string{
		"/staff/", "/staff/tenants/alice/", "/staff/tombstones/", "/staff/users/", "/staff/users/alice/", "/staff/codes/", "/staff/acts/",
	} {
		alice.get(path).want(t, http.StatusForbidden, "This page is for staff")
		if to := nobody.get(path).want(t, http.StatusSeeOther).Header.Get("Location"); to[:len("/login/?next=")] != "/login/?next=" {
			t.Errorf("%s leads nobody to %s", path, to)
		}
	}
	for _, path := range []string{
		"/staff/tenants/alice/settings/", "/staff/tenants/alice/suspend/", "/staff/tenants/alice/resume/", "/staff/tenants/alice/delete/",
		"/staff/tombstones/alice/restore/", "/staff/users/alice/lock/", "/staff/users/alice/unlock/", "/staff/users/alice/reset/",
		"/staff/codes/", "/staff/codes/1/revoke/",
	} {
		alice.submit(path, "confirm", "alice").want(t, http.StatusForbidden, "This page is for staff")
		nobody.submit(path, "confirm", "alice").want(t, http.StatusForbidden, "You are logged out")
	}
	if left := readTenant(t, p, "alice"); left.Generation != 1 || left.DeletionTimestamp != nil {
		t.Errorf("the Tenant was changed: %+v", left)
	}
}

func TestStaffTenants(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	suspended := true
	addTenant(t, p, "alice", v1alpha1.TenantSpec{
		DisplayName: "Wonderland <3", Owner: &v1alpha1.TenantOwner{Username: "liddell", Email: "liddell@example.org"},
		CustomDomains: []v1alpha1.CustomDomain{"www.rabbit-hole.org"}, PaidUntil: "2030-12-31",
	})
	addTenant(t, p, "bob", v1alpha1.TenantSpec{Suspended: &suspended})
	addTenant(t, p, "carol", v1alpha1.TenantSpec{CustomDomains: []v1alpha1.CustomDomain{"www.rabbit-hole.org"}})
	awaitReady(t, p, "alice", "bob")
	p.Wait("the Platform has counted", func(ctx context.Context) error { return counted(ctx, p, 3) })
	v := newStaff(t, p, site)

	t.Run("list", func(t *testing.T) {
		v.get("/staff/").want(t, http.StatusOK, "All (3)", "Suspended (1)", `href="/staff/tenants/alice/"`, "Wonderland &lt;3", "2030-12-31", "kB</td>",
			`href="/staff/users/liddell/"`, "is not shown to readers", "belongs to", "3 tenants.")
		for _, text := range []string{"WONDER", "ali", "liddell", "rabbit-hole", "alice.example.com"} {
			v.get("/staff/?q="+text).want(t, http.StatusOK, "/staff/tenants/alice/").without(t, "/staff/tenants/bob/")
		}
		v.get("/staff/?phase=Suspended").want(t, http.StatusOK, "1 tenant.", "/staff/tenants/bob/").without(t, "/staff/tenants/alice/")
		v.get("/staff/?q=nothing-like-this").want(t, http.StatusOK, "No tenant is like that.", `value="nothing-like-this"`)
	})
	t.Run("one", func(t *testing.T) {
		v.get("/staff/tenants/alice/").want(t, http.StatusOK, "Wonderland &lt;3", "http://alice.example.com/", "www.rabbit-hole.org", "liddell@example.org",
			"31 December 2030", "alice, at version", "The blog answers", "Serving, since", "Succeeded")
		v.get("/staff/tenants/bob/").want(t, http.StatusOK, "Resume it below when the cause is gone.")
		v.get("/staff/tenants/carol/").want(t, http.StatusOK, "www.rabbit-hole.org (not its own yet)", "belongs to the Tenant &#34;alice&#34;",
			"What to do: Remove the custom domain below", "CustomDomainTaken</td>")
		v.get("/staff/tenants/nobody/").want(t, http.StatusNotFound, "There is no such tenant", "/staff/tombstones/")
	})
}

// What cannot be anybody's name is nobody's, and no fault of the server's.
func TestStaffOddNames(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	v := newStaff(t, p, site)
	for _, odd := range []string{"a%2Fb", "%00", "%ff", "..%2f..", "a%25b", strings.Repeat("x", 300)} {
		v.get("/staff/tenants/"+odd+"/").want(t, http.StatusNotFound)
		v.get("/staff/users/"+odd+"/").want(t, http.StatusNotFound)
		v.submit("/staff/tombstones/"+odd+"/restore/").want(t, http.StatusNotFound)
		for _, list := range []string{"/staff/", "/staff/tombstones/", "/staff/users/"} {
			v.get(list+"?page="+odd+"&before="+odd+"&after="+odd+"&phase="+odd).want(t, http.StatusOK)
			v.get(list+"?q="+odd).want(t, http.StatusOK)
		}
	}
}

// A table that is being altered holds up no list.
func TestStaffSizes(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addTenant(t, p, "alice", v1alpha1.TenantSpec{})
	awaitReady(t, p, "alice")
	v := newStaff(t, p, site)
	v.get("/staff/").want(t, http.StatusOK, "kB</td>").without(t, "not known")

	migration, err := p.Admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migration.Exec(t.Context(), `LOCK TABLE alice.posts IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	v.get("/staff/").want(t, http.StatusOK, `href="/staff/tenants/alice/"`, "<td>not known</td>")
	if err := migration.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.get("/staff/").want(t, http.StatusOK, "kB</td>")
}

// counted returns nil when the Platform's status counts n Tenants, of which one is suspended.
func counted(ctx context.Context, p *stack.Platform, n int32) error {
	var platform v1alpha1.Platform
	if err := p.Client.Get(ctx, p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
		return err
	}
	if counts := platform.Status.Tenants; counts == nil || counts.Total != n || counts.Suspended != 1 {
		return errNotYet
	}
	return nil
}

func TestStaffPages(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	names := make([]string, 0, 51)
	for i := range 51 {
		names = append(names, "blog-"+string(rune('a'+i/10))+string(rune('0'+i%10)))
		addTenant(t, p, names[i], v1alpha1.TenantSpec{})
	}
	awaitReady(t, p, names...)
	v := newStaff(t, p, site)
	v.get("/staff/?q=blog").want(t, http.StatusOK, "51 tenants, page 1 of 2", "/staff/tenants/blog-a0/", `rel="next" href="/staff/?page=2&amp;q=blog"`).
		without(t, "/staff/tenants/blog-f0/", `rel="prev"`)
	v.get("/staff/?page=2&q=blog").want(t, http.StatusOK, "/staff/tenants/blog-f0/", `rel="prev" href="/staff/?q=blog"`).
		without(t, "/staff/tenants/blog-e9/", `rel="next"`)
	v.get("/staff/?page=99&q=blog").want(t, http.StatusOK, "page 2 of 2")
}
