package staff_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestStaffUsers(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	ali, eve := portaltest.Name("ali"), portaltest.Name("eve")
	name, alina := ali+"ce", ali+"na"
	portaltest.AddAccount(t, p, name)
	portaltest.AddAccount(t, p, alina)
	v := portaltest.NewStaffAs(t, p, site, eve)
	alice := portaltest.LogIn(t, site, name, portaltest.Password)

	v.Get("/staff/users/?q="+strings.ToUpper(ali)+"C").Want(t, http.StatusOK, `href="/staff/users/`+name+`/"`, "<td>"+name+"@example.org</td>").Without(t, alina)
	v.Get("/staff/users/?q="+alina+"@ex").Want(t, http.StatusOK, `href="/staff/users/`+alina+`/"`).Without(t, name)
	v.Get("/staff/users/?q="+ali+"&after="+name).Want(t, http.StatusOK, `href="/staff/users/`+alina+`/"`).Without(t, name+"@")
	v.Get("/staff/users/?q=%25").Want(t, http.StatusOK, "No matching users.")
	v.Get("/staff/users/nobody/").Want(t, http.StatusNotFound, "Account not found", "kubectl echoblogs invite", `href="/staff/?q=nobody"`)
	v.Get("/staff/users/"+name+"/").Want(t, http.StatusOK, "<dt>Sessions</dt><dd>1</dd>", `href="/staff/tenants/`+name+`/"`, "<dt>Email</dt><dd>"+name+"@example.org</dd>", "<dt>Confirmed</dt>", "<dt>Role</dt><dd>author</dd>")

	v.Submit("/staff/users/"+name+"/lock/").Want(t, http.StatusOK, "The account was locked", "<dt>Sessions</dt><dd>0</dd>", "<td>"+eve+"</td><td>lock</td>")
	alice.Get("/").Want(t, http.StatusOK, "Start with the first sentence.")
	alice.Submit("/login/", "username", name, "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "This account is locked.")
	v.Submit("/staff/users/"+name+"/lock/").Want(t, http.StatusOK, "Nothing was changed.")
	v.Submit("/staff/users/"+name+"/reset/").Want(t, http.StatusOK, "Nothing was changed.")
	v.Submit("/staff/users/"+name+"/unlock/").Want(t, http.StatusOK, "The account was unlocked.")
	portaltest.LogIn(t, site, name, portaltest.Password)

	v.Submit("/staff/users/"+name+"/reset/").Want(t, http.StatusOK, "We have emailed them a link", "<td>send a password reset</td>")
	link := portaltest.WaitMails(p, site, name+"@example.org", "Choose a new password", 1).Link(t, "/reset/password/")
	portaltest.NewClient(t, site).Get(link).Want(t, http.StatusOK)
	v.Get("/staff/audit/").Want(t, http.StatusOK).Without(t, portaltest.Token(link))

	v.Get("/staff/users/"+eve+"/").Want(t, http.StatusOK, "<dt>Role</dt><dd>staff</dd>").Without(t, "/lock/")
	v.Submit("/staff/users/"+eve+"/lock/").Want(t, http.StatusUnprocessableEntity, "You cannot lock yourself")
	v.Get("/staff/").Want(t, http.StatusOK, "<h1>Tenants</h1>")
}

func TestStaffUserPages(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	prefix := portaltest.Name("user")
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	p.Exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		SELECT $1 || '-' || lpad(n::text, 3, '0'), n || '@' || $1 || '.example', n || '@' || $1 || '.example', '', 'author', 'locked', now() FROM generate_series(1, 51) n`, prefix)
	v.Get("/staff/users/?q="+prefix+"-").Want(t, http.StatusOK, "<td>1@"+prefix+".example</td>", "<td>50@"+prefix+".example</td>", `href="/staff/users/?q=`+prefix+`-&amp;after=`+prefix+`-050"`).Without(t, "<td>51@"+prefix+".example</td>")
	v.Get("/staff/users/?q="+prefix+"-&after="+prefix+"-050").Want(t, http.StatusOK, "<td>51@"+prefix+".example</td>").Without(t, "<td>50@"+prefix+".example</td>", `rel="next"`)
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
