package portal_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestStaffUsers(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	addAccount(t, p, "alina")
	v := newStaff(t, p, site)
	alice := logIn(t, site, "alice", secret)

	v.get("/staff/users/?q=ALIC").want(t, http.StatusOK, `href="/staff/users/alice/"`, "alice@example.org").without(t, "alina")
	v.get("/staff/users/?q=alina@ex").want(t, http.StatusOK, `href="/staff/users/alina/"`).without(t, "alice")
	v.get("/staff/users/?q=ali&after=alice").want(t, http.StatusOK, "alina").without(t, "alice@")
	v.get("/staff/users/?q=%25").want(t, http.StatusOK, "No account begins like that.")
	v.get("/staff/users/nobody/").want(t, http.StatusNotFound, "There is no such account")
	v.get("/staff/users/alice/").want(t, http.StatusOK, "<dt>Sessions</dt><dd>1</dd>", `href="/staff/tenants/alice/"`, "alice@example.org", "not yet", "author")

	v.submit("/staff/users/alice/lock/").want(t, http.StatusOK, "The account is locked", "<dt>Sessions</dt><dd>0</dd>", "lock</td>", "root-eve")
	alice.get("/").want(t, http.StatusOK, "A blog of your own")
	alice.submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity, "This account is locked.")
	v.submit("/staff/users/alice/lock/").want(t, http.StatusOK, "Nothing was changed.")
	v.submit("/staff/users/alice/reset/").want(t, http.StatusOK, "Nothing was changed.")
	v.submit("/staff/users/alice/unlock/").want(t, http.StatusOK, "The account is unlocked.")
	logIn(t, site, "alice", secret)

	v.submit("/staff/users/alice/reset/").want(t, http.StatusOK, "is on its way", "send a password reset")
	link := waitLetters(p, site, "alice@example.org", "Choose a new password", 1).link(t, "/reset/password/")
	newVisitor(t, site).get(link).want(t, http.StatusOK)
	v.get("/staff/acts/").want(t, http.StatusOK).without(t, token(link))

	v.get("/staff/users/root-eve/").want(t, http.StatusOK, "staff").without(t, "/lock/")
	v.submit("/staff/users/root-eve/lock/").want(t, http.StatusUnprocessableEntity, "You cannot lock yourself")
	v.get("/staff/").want(t, http.StatusOK, "<h1>Tenants</h1>")
}

func TestStaffUserPages(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	v := newStaff(t, p, site)
	p.Exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		SELECT 'user-' || lpad(n::text, 3, '0'), n || '@example.org', n || '@example.org', '', 'author', 'locked', now() FROM generate_series(1, 51) n`)
	v.get("/staff/users/?q=user-").want(t, http.StatusOK, "user-001", "user-050", `href="/staff/users/?q=user-&amp;after=user-050"`).without(t, "user-051")
	v.get("/staff/users/?q=user-&after=user-050").want(t, http.StatusOK, "user-051").without(t, "user-050", `rel="next"`)
}

var registrationCode = regexp.MustCompile(`The code is <code>([-\w]+)</code>`)

func TestStaffCodes(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	v := newStaff(t, p, site)
	v.get("/staff/codes/").want(t, http.StatusOK, "Registration is not by invitation", "No code is good for anything")
	v.submit("/staff/codes/", "note", " ", "uses", "0", "days", "soon").want(t, http.StatusUnprocessableEntity,
		"Say in at most 100 characters", "from 1 to 10000", "from 1 to 365", `value="soon"`)

	var platform v1alpha1.Platform
	if err := p.Client.Get(t.Context(), p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
		t.Fatal(err)
	}
	platform.Spec.Registration = v1alpha1.RegistrationInvite
	if err := p.Client.Update(t.Context(), &platform); err != nil {
		t.Fatal(err)
	}
	made := v.submit("/staff/codes/", "note", "The Liddells", "uses", "2", "days", "7").want(t, http.StatusOK, "The Liddells", "It is shown only now")
	code := registrationCode.FindStringSubmatch(made.Body)
	if code == nil {
		t.Fatalf("no code is shown:\n%s", made.Body)
	}
	waitPage(p, v, "/staff/codes/", "<td>The Liddells</td><td>2</td>", "Nobody registers without one of these codes.")
	v.get("/staff/codes/").without(t, code[1])
	v.get("/staff/acts/").want(t, http.StatusOK, "make a registration code", "The Liddells: 2 uses, 7 days").without(t, code[1])

	alice := newVisitor(t, site)
	alice.home(p, alice.submit("/register/", append(registration("alice"), "code", code[1])...)).want(t, http.StatusOK, "Welcome, alice", "alice."+stack.Domain)
	v.get("/staff/codes/").want(t, http.StatusOK, "<td>The Liddells</td><td>1</td>")
	revoke := regexp.MustCompile(`/staff/codes/(\d+)/revoke/`).FindStringSubmatch(v.get("/staff/codes/").Body)
	v.submit(revoke[0]).want(t, http.StatusOK, "The code is good for nothing any more.", "No code is good for anything")
	newVisitor(t, site).submit("/register/", append(registration("bob"), "code", code[1])...).want(t, http.StatusUnprocessableEntity)
	v.get("/staff/acts/").want(t, http.StatusOK, "revoke a registration code</td><td></td><td>no. "+revoke[1])
}
