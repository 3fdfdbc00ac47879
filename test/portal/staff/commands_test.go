package staff_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestStaffAdd(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	jane, name, carol := portaltest.Name("jane"), portaltest.Name("alice"), portaltest.Name("carol")
	ctx := t.Context()
	add := func(username, email string) (string, error) {
		return p.RunPortal(ctx, "staff", "add", "--username="+username, "--email="+email)
	}
	printed, err := add(jane, jane+"@example.org")
	first := portaltest.WantLink(t, printed, err)
	v := portaltest.NewClient(t, site)
	v.Submit("/login/", "username", jane, "password", "").Want(t, http.StatusUnprocessableEntity)
	v.Get(first).Want(t, http.StatusOK, "the password of the account "+jane)
	printed, err = add(jane, "J"+jane[1:]+"@example.org") // succeeds again, and prints another link
	second := portaltest.WantLink(t, printed, err)
	if first == second {
		t.Error("the same link is printed twice")
	}
	v.Submit("/reset/password/", "token", portaltest.Token(second), "password", portaltest.Password, "confirm_password", portaltest.Password).Want(t, http.StatusOK, "Your password was changed. Log in with the new one.")
	v.Get(first).Want(t, http.StatusGone)
	portaltest.LogIn(t, site, jane, portaltest.Password).Get("/staff/").Want(t, http.StatusOK)

	// A stranger who has signed up as alice does not become staff in her place.
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Register(name)).Want(t, http.StatusOK, "Welcome, "+name)
	stranger := portaltest.NewClient(t, site)
	stranger.Submit("/login/", "username", name, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+name)
	portaltest.RefusedWith(t, "the email address of the account is not confirmed: its owner must confirm it first")(add(name, name+"@people.example"))
	alice.Get("/staff/").Want(t, http.StatusForbidden)

	// With a confirmed address she does, and nobody has access before she has chosen a password.
	confirmation := portaltest.WaitMails(p, site, name+"@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	alice.Submit("/confirm/", "token", portaltest.Token(confirmation)).Want(t, http.StatusOK, "Your email address is confirmed.")
	printed, err = add(name, name+"@people.example")
	link := portaltest.WantLink(t, printed, err)
	for _, c := range []*portaltest.Client{alice, stranger} {
		if at := c.Get("/staff/").Want(t, http.StatusOK, "<h1>Log in</h1>").URL.Path; at != "/login/" {
			t.Errorf("/staff/ leads to %s", at)
		}
		c.Submit("/login/", "username", name, "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity)
	}
	const chosen = "an ostrich reads as well"
	alice.Submit("/reset/password/", "token", portaltest.Token(link), "password", chosen, "confirm_password", chosen).Want(t, http.StatusOK)
	alice = portaltest.LogIn(t, site, name, chosen)
	alice.Get("/staff/").Want(t, http.StatusOK)

	// There is a way back.
	if printed, err := p.RunPortal(ctx, "staff", "remove", "--username="+name); err != nil || printed != name+" is no longer staff. All browsers were logged out.\n" {
		t.Errorf("%q, %v", printed, err)
	}
	alice.Get("/staff/").Want(t, http.StatusOK, "<h1>Log in</h1>")
	portaltest.LogIn(t, site, name, chosen).Get("/staff/").Want(t, http.StatusForbidden)
	portaltest.RefusedWith(t, "the account "+name+" is not staff")(p.RunPortal(ctx, "staff", "remove", "--username="+name))
	portaltest.RefusedWith(t, `there is no account "nobody"`)(p.RunPortal(ctx, "staff", "remove", "--username=nobody"))
	portaltest.RefusedWith(t, "portal staff remove --username="+name)(p.RunPlugin(ctx, "staff", "remove", "--username="+name))

	portaltest.RefusedWith(t, "another account has this user name")(add(name, "else@example.org"))
	portaltest.RefusedWith(t, "another account has this email address")(add(carol, name+"@people.example"))
	portaltest.RefusedWith(t, "cannot be used")(add("Not_A_Name", carol+"@example.org"))
	portaltest.RefusedWith(t, "the email address cannot be used: Enter a valid email address, such as jane@example.com.")(add(carol, carol))
}
