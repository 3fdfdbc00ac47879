package staff_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestStaffUsers(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice")
	portaltest.AddAccount(t, p, "alina")
	v := portaltest.NewStaff(t, p, site)
	alice := portaltest.LogIn(t, site, "alice", portaltest.Password)

	v.Get("/staff/users/?q=ALIC").Want(t, http.StatusOK, `href="/staff/users/alice/"`, "<td>alice@example.org</td>").Without(t, "alina")
	v.Get("/staff/users/?q=alina@ex").Want(t, http.StatusOK, `href="/staff/users/alina/"`).Without(t, "alice")
	v.Get("/staff/users/?q=ali&after=alice").Want(t, http.StatusOK, `href="/staff/users/alina/"`).Without(t, "alice@")
	v.Get("/staff/users/?q=%25").Want(t, http.StatusOK, "No matching users.")
	v.Get("/staff/users/nobody/").Want(t, http.StatusNotFound, "Account not found", "kubectl echoblogs invite", `href="/staff/?q=nobody"`)
	v.Get("/staff/users/alice/").Want(t, http.StatusOK, "<dt>Sessions</dt><dd>1</dd>", `href="/staff/tenants/alice/"`, "<dt>Email</dt><dd>alice@example.org</dd>", "<dt>Confirmed</dt>", "<dt>Role</dt><dd>author</dd>")

	v.Submit("/staff/users/alice/lock/").Want(t, http.StatusOK, "The account was locked", "<dt>Sessions</dt><dd>0</dd>", "<td>root-eve</td><td>lock</td>")
	alice.Get("/").Want(t, http.StatusOK, "A blog of your own")
	alice.Submit("/login/", "username", "alice", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "This account is locked.")
	v.Submit("/staff/users/alice/lock/").Want(t, http.StatusOK, "Nothing was changed.")
	v.Submit("/staff/users/alice/reset/").Want(t, http.StatusOK, "Nothing was changed.")
	v.Submit("/staff/users/alice/unlock/").Want(t, http.StatusOK, "The account was unlocked.")
	portaltest.LogIn(t, site, "alice", portaltest.Password)

	v.Submit("/staff/users/alice/reset/").Want(t, http.StatusOK, "We have emailed them a link", "<td>send a password reset</td>")
	link := portaltest.WaitMails(p, site, "alice@example.org", "Choose a new password", 1).Link(t, "/reset/password/")
	portaltest.NewClient(t, site).Get(link).Want(t, http.StatusOK)
	v.Get("/staff/audit/").Want(t, http.StatusOK).Without(t, portaltest.Token(link))

	v.Get("/staff/users/root-eve/").Want(t, http.StatusOK, "<dt>Role</dt><dd>staff</dd>").Without(t, "/lock/")
	v.Submit("/staff/users/root-eve/lock/").Want(t, http.StatusUnprocessableEntity, "You cannot lock yourself")
	v.Get("/staff/").Want(t, http.StatusOK, "<h1>Tenants</h1>")
}

func TestStaffUserPages(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v := portaltest.NewStaff(t, p, site)
	p.Exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		SELECT 'user-' || lpad(n::text, 3, '0'), n || '@example.org', n || '@example.org', '', 'author', 'locked', now() FROM generate_series(1, 51) n`)
	v.Get("/staff/users/?q=user-").Want(t, http.StatusOK, "<td>1@example.org</td>", "<td>50@example.org</td>", `href="/staff/users/?q=user-&amp;after=user-050"`).Without(t, "<td>51@example.org</td>")
	v.Get("/staff/users/?q=user-&after=user-050").Want(t, http.StatusOK, "<td>51@example.org</td>").Without(t, "<td>50@example.org</td>", `rel="next"`)
}

var registrationCode = regexp.MustCompile(`The code is <code>([-\w]+)</code>`)

func TestStaffCodes(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v := portaltest.NewStaff(t, p, site)
	v.Get("/staff/codes/").Want(t, http.StatusOK, "Sign-up does not require a code.", "No active codes.")
	v.Submit("/staff/codes/", "note", " ", "uses", "0", "days", "soon").Want(t, http.StatusUnprocessableEntity,
		"Enter a note of at most 100 characters on one line.", "Enter a number from 1 to 10000.", "Enter a number from 1 to 365.", `value="soon"`)

	var platform v1alpha1.Platform
	if err := p.Client.Get(t.Context(), p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
		t.Fatal(err)
	}
	platform.Spec.Registration = v1alpha1.RegistrationInvite
	if err := p.Client.Update(t.Context(), &platform); err != nil {
		t.Fatal(err)
	}
	made := v.Submit("/staff/codes/", "note", "The Liddells", "uses", "2", "days", "7").Want(t, http.StatusOK, "The Liddells", "Copy it now: it is not shown again.")
	code := registrationCode.FindStringSubmatch(made.Body)
	if code == nil {
		t.Fatalf("no code is shown:\n%s", made.Body)
	}
	waitPage(p, v, "/staff/codes/", "<td>The Liddells</td><td>2</td>", "People need one of these codes to sign up.")
	v.Get("/staff/codes/").Without(t, code[1])
	v.Get("/staff/audit/").Want(t, http.StatusOK, "<td>create a registration code</td>", "The Liddells, uses: 2, days: 7").Without(t, code[1])

	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Submit("/register/", append(portaltest.Registration("alice"), "code", code[1])...)).Want(t, http.StatusOK, "Welcome, alice", "http://alice."+stack.Domain+"/")
	v.Get("/staff/codes/").Want(t, http.StatusOK, "<td>The Liddells</td><td>1</td>")
	revoke := regexp.MustCompile(`/staff/codes/(\d+)/revoke/`).FindStringSubmatch(v.Get("/staff/codes/").Body)
	v.Submit(revoke[0]).Want(t, http.StatusOK, "The code was revoked.", "No active codes.")
	portaltest.NewClient(t, site).Submit("/register/", append(portaltest.Registration("bob"), "code", code[1])...).Want(t, http.StatusUnprocessableEntity)
	v.Get("/staff/audit/").Want(t, http.StatusOK, "revoke a registration code</td><td></td><td>no. "+revoke[1])
}
