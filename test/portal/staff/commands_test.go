package staff_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestStaffAdd(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	ctx := t.Context()
	add := func(username, email string) (string, error) {
		return p.RunPortal(ctx, "staff", "add", "--username="+username, "--email="+email)
	}
	printed, err := add("jane", "jane@example.org")
	first := portaltest.WantLink(t, printed, err)
	v := portaltest.NewClient(t, site)
	v.Submit("/login/", "username", "jane", "password", "").Want(t, http.StatusUnprocessableEntity)
	v.Get(first).Want(t, http.StatusOK, "the password of the account jane")
	printed, err = add("jane", "Jane@example.org") // succeeds again, and prints another link
	second := portaltest.WantLink(t, printed, err)
	if first == second {
		t.Error("the same link is printed twice")
	}
	v.Submit("/reset/password/", "token", portaltest.Token(second), "password", portaltest.Password, "confirm_password", portaltest.Password).Want(t, http.StatusOK, "Your password was changed. Log in with the new one.")
	v.Get(first).Want(t, http.StatusGone)
	portaltest.LogIn(t, site, "jane", portaltest.Password).Get("/staff/").Want(t, http.StatusOK)

	// The owner of a blog becomes staff, and keeps the password.
	portaltest.AddAccount(t, p, "alice")
	alice := portaltest.LogIn(t, site, "alice", portaltest.Password)
	alice.Get("/staff/").Want(t, http.StatusForbidden)
	printed, err = add("alice", "alice@example.org")
	portaltest.WantLink(t, printed, err)
	alice.Get("/staff/").Want(t, http.StatusOK)

	portaltest.RefusedWith(t, "another account has this user name")(add("alice", "else@example.org"))
	portaltest.RefusedWith(t, "another account has this email address")(add("carol", "alice@example.org"))
	portaltest.RefusedWith(t, "cannot be used")(add("Not_A_Name", "carol@example.org"))
	portaltest.RefusedWith(t, "the email address cannot be used: Enter a valid email address, such as jane@example.com.")(add("carol", "carol"))
}
