package member_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestInviteByCommand(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	unowned, alice, bob, carol := portaltest.Name("unowned"), portaltest.Name("alice"), portaltest.Name("bob"), portaltest.Name("carol")
	ctx := t.Context()
	for name, owner := range map[string]*v1alpha1.TenantOwner{unowned: nil, alice: {Username: alice}} {
		tenant := &v1alpha1.Tenant{}
		tenant.Name, tenant.Spec.Owner = name, owner
		if err := errors.Join(p.Create(ctx, tenant), p.AwaitReady(ctx, name)); err != nil {
			t.Fatal(err)
		}
	}
	portaltest.RefusedWith(t, "has no owner")(p.RunPortal(ctx, "invite", unowned))
	printed, err := p.RunPortal(ctx, "invite", alice)
	link := portaltest.WantLink(t, printed, err)
	v := portaltest.NewClient(t, site)

	// The Tenant has no email address of the owner, so she enters and confirms one.
	v.Get(link).Want(t, http.StatusOK, "Welcome, "+alice, `name="email"`)
	v.Submit("/invite/", "token", portaltest.Token(link), "email", "alice", "password", portaltest.Password, "confirm_password", portaltest.Password).
		Want(t, http.StatusUnprocessableEntity, "Enter a valid email address, such as jane@example.com.", `value="alice"`)
	v.Submit("/invite/", "token", portaltest.Token(link), "email", alice+"@example.org", "password", portaltest.Password, "confirm_password", portaltest.Password).
		Want(t, http.StatusOK, "Welcome, "+alice, alice+"@example.org is not confirmed yet")
	portaltest.WaitMails(p, site, alice+"@example.org", "Confirm your email address", 1)

	// A link expires when the Tenant has another owner.
	if err := p.Edit(ctx, unowned, func(tenant *v1alpha1.Tenant) { tenant.Spec.Owner = &v1alpha1.TenantOwner{Username: bob} }); err != nil {
		t.Fatal(err)
	}
	printed, err = p.RunPortal(ctx, "invite", unowned)
	late := portaltest.WantLink(t, printed, err)
	portaltest.NewClient(t, site).Get(late).Want(t, http.StatusOK, "Welcome, "+bob)
	if err := p.Edit(ctx, unowned, func(tenant *v1alpha1.Tenant) { tenant.Spec.Owner.Username = carol }); err != nil {
		t.Fatal(err)
	}
	p.Wait("the link has expired", func(context.Context) error {
		if seen := portaltest.NewClient(t, site).Get(late); seen.Status != http.StatusGone {
			return fmt.Errorf("it answers %d", seen.Status)
		}
		return nil
	})

	portaltest.RefusedWith(t, "has an account")(p.RunPortal(ctx, "invite", alice))
	portaltest.RefusedWith(t, `"nobody" not found`)(p.RunPortal(ctx, "invite", "nobody"))

	// Without a pod, the plugin prints the command to run.
	portaltest.RefusedWith(t, "portal invite "+alice+" --platform=default --namespace="+p.Namespace)(p.RunPlugin(ctx, "invite", alice))
	portaltest.RefusedWith(t, "portal staff add --username=jane --email=jane@example.org")(p.RunPlugin(ctx, "staff", "add", "--username=jane", "--email=jane@example.org"))
}

// The owner of a Tenant is invited once, and then has an account.
func TestInvitation(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	owned := func(name string, owner *v1alpha1.TenantOwner) {
		t.Helper()
		tenant := &v1alpha1.Tenant{}
		tenant.Name, tenant.Spec.Owner = name, owner
		if err := errors.Join(p.Create(t.Context(), tenant), p.AwaitReady(t.Context(), name)); err != nil {
			t.Fatal(err)
		}
	}
	owned("unowned", nil)
	owned("unreachable", &v1alpha1.TenantOwner{Username: "erin"})
	portaltest.AddAccount(t, p, "bob")
	owned("bobs-other", &v1alpha1.TenantOwner{Username: "bob", Email: "other@example.org"})
	owned("zoe", &v1alpha1.TenantOwner{Username: "zoe", Email: "Zoe@example.org"})

	site := p.StartPortal(0)
	// The user name of an owner without an account is taken.
	portaltest.NewClient(t, site).Register("erin").Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
	mail := portaltest.WaitMails(p, site, "Zoe@example.org", "Your blog zoe is ready", 1)
	link := mail.Link(t, "/invite/")
	v := portaltest.NewClient(t, site)
	v.Get(link).Want(t, http.StatusOK, "Welcome, zoe")
	v.Get("/invite/?token=wrong").Want(t, http.StatusGone, "This link is no longer valid")
	v.Submit("/invite/", "token", portaltest.Token(link), "password", "short", "confirm_password", "short").Want(t, http.StatusUnprocessableEntity, "Use at least 10 characters.")
	v.Submit("/invite/", "token", portaltest.Token(link), "password", portaltest.Password, "confirm_password", portaltest.Password).Want(t, http.StatusOK, "Welcome, zoe", "http://zoe."+stack.Domain)
	if seen := v.Get("/account/").Want(t, http.StatusOK, "Zoe@example.org"); !strings.Contains(seen.Body, "Zoe@example.org, confirmed") {
		t.Errorf("the address is not confirmed:\n%s", seen.Body)
	}
	portaltest.NewClient(t, site).Submit("/invite/", "token", portaltest.Token(link), "password", portaltest.Password, "confirm_password", portaltest.Password).Want(t, http.StatusGone)
	portaltest.LogIn(t, site, "zoe", portaltest.Password)

	// A restarted replica invites new owners only.
	site.Kill()
	owned("zz", &v1alpha1.TenantOwner{Username: "zz", Email: "zz@example.org"})
	again := p.StartPortal(0)
	portaltest.WaitMails(p, again, "zz@example.org", "Your blog zz is ready", 1)
	again.Kill()
	third := p.StartPortal(0)
	owned("zzz", &v1alpha1.TenantOwner{Username: "zzz", Email: "zzz@example.org"})
	portaltest.WaitMails(p, third, "zzz@example.org", "Your blog zzz is ready", 1)
	if got := append(portaltest.Subjects(t, again), portaltest.Subjects(t, third)...); len(got) != 2 {
		t.Errorf("emails: %v", got)
	}
}
