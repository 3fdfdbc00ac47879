package portal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// wantLink returns the path of a link that a command has printed, and nothing else.
func wantLink(t *testing.T, printed string, err error) string {
	t.Helper()
	path, ok := strings.CutPrefix(printed, "http://"+stack.Domain)
	if err != nil || !ok || strings.Count(printed, "\n") != 1 {
		t.Fatalf("%v: %q", err, printed)
	}
	return strings.TrimSpace(path)
}

// refusedWith fails the test unless a command was refused for a reason.
func refusedWith(t *testing.T, reason string) func(printed string, err error) {
	t.Helper()
	return func(printed string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), reason) || printed != "" {
			t.Errorf("refused with %v instead of %q; it printed %q", err, reason, printed)
		}
	}
}

func TestStaffAdd(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	ctx := t.Context()
	add := func(username, email string) (string, error) {
		return p.RunPortal(ctx, "staff", "add", "--username="+username, "--email="+email)
	}
	printed, err := add("jane", "jane@example.org")
	first := wantLink(t, printed, err)
	v := newVisitor(t, site)
	v.submit("/login/", "username", "jane", "password", "").want(t, http.StatusUnprocessableEntity)
	v.get(first).want(t, http.StatusOK, "for the account jane")
	printed, err = add("jane", "Jane@example.org") // again is no error, and prints another link
	second := wantLink(t, printed, err)
	if first == second {
		t.Error("the same link is printed twice")
	}
	v.submit("/reset/password/", "token", token(second), "password", secret, "confirm_password", secret).want(t, http.StatusOK, "Your password is changed")
	v.get(first).want(t, http.StatusGone)
	logIn(t, site, "jane", secret).get("/staff/").want(t, http.StatusOK)

	// Somebody who has a blog becomes a member of staff, and keeps the password.
	addAccount(t, p, "alice")
	alice := logIn(t, site, "alice", secret)
	alice.get("/staff/").want(t, http.StatusForbidden)
	printed, err = add("alice", "alice@example.org")
	wantLink(t, printed, err)
	alice.get("/staff/").want(t, http.StatusOK)

	refusedWith(t, "another account has this user name")(add("alice", "else@example.org"))
	refusedWith(t, "another account has this address")(add("carol", "alice@example.org"))
	refusedWith(t, "cannot be used")(add("Not_A_Name", "carol@example.org"))
	refusedWith(t, "no email address")(add("carol", "carol"))
}

func TestInviteByCommand(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	ctx := t.Context()
	for name, owner := range map[string]*v1alpha1.TenantOwner{"nobodys": nil, "alice": {Username: "alice"}} {
		tenant := &v1alpha1.Tenant{}
		tenant.Name, tenant.Spec.Owner = name, owner
		if err := errors.Join(p.Create(ctx, tenant), p.AwaitReady(ctx, name)); err != nil {
			t.Fatal(err)
		}
	}
	refusedWith(t, "names no owner")(p.RunPortal(ctx, "invite", "nobodys"))
	printed, err := p.RunPortal(ctx, "invite", "alice")
	link := wantLink(t, printed, err)
	v := newVisitor(t, site)

	// The Tenant does not say her address, so that she does, and confirms it.
	v.get(link).want(t, http.StatusOK, "Welcome, alice", `name="email"`)
	v.submit("/invite/", "token", token(link), "email", "alice", "password", secret, "confirm_password", secret).
		want(t, http.StatusUnprocessableEntity, "This is no email address", `value="alice"`)
	v.submit("/invite/", "token", token(link), "email", "alice@example.org", "password", secret, "confirm_password", secret).
		want(t, http.StatusOK, "Welcome, alice", "alice@example.org is not confirmed yet")
	waitLetters(p, site, "alice@example.org", "Confirm your address", 1)

	// A link is of no use once the Tenant names somebody else.
	if err := p.Edit(ctx, "nobodys", func(tenant *v1alpha1.Tenant) { tenant.Spec.Owner = &v1alpha1.TenantOwner{Username: "bob"} }); err != nil {
		t.Fatal(err)
	}
	printed, err = p.RunPortal(ctx, "invite", "nobodys")
	late := wantLink(t, printed, err)
	newVisitor(t, site).get(late).want(t, http.StatusOK, "Welcome, bob")
	if err := p.Edit(ctx, "nobodys", func(tenant *v1alpha1.Tenant) { tenant.Spec.Owner.Username = "carol" }); err != nil {
		t.Fatal(err)
	}
	p.Wait("the link is of no use", func(context.Context) error {
		if seen := newVisitor(t, site).get(late); seen.Status != http.StatusGone {
			return fmt.Errorf("it answers %d", seen.Status)
		}
		return nil
	})

	refusedWith(t, "has an account")(p.RunPortal(ctx, "invite", "alice"))
	refusedWith(t, `"nobody" not found`)(p.RunPortal(ctx, "invite", "nobody"))

	// Where there is no pod, the plugin says what to run.
	refusedWith(t, "portal invite alice --platform=default --namespace="+p.Namespace)(p.RunPlugin(ctx, "invite", "alice"))
	refusedWith(t, "portal staff add --username=jane --email=jane@example.org")(p.RunPlugin(ctx, "staff", "add", "--username=jane", "--email=jane@example.org"))
}
