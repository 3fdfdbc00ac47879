package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// setRegistration changes who may register, and waits until the public site knows.
func setRegistration(t *testing.T, p *stack.Platform, v *visitor, mode v1alpha1.RegistrationMode, says string) {
	t.Helper()
	editPlatform(t, p, func(spec *v1alpha1.PlatformSpec) { spec.Registration = mode })
	p.Wait("the public site knows the mode", func(context.Context) error {
		if shown := v.get("/register/"); !strings.Contains(shown.Body, says) {
			return fmt.Errorf("it shows:\n%s", shown.Body)
		}
		return nil
	})
}

func editPlatform(t *testing.T, p *stack.Platform, change func(*v1alpha1.PlatformSpec)) {
	t.Helper()
	var platform v1alpha1.Platform
	if err := p.Client.Get(t.Context(), p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
		t.Fatal(err)
	}
	before := platform.DeepCopy()
	change(&platform.Spec)
	if err := p.Client.Patch(t.Context(), &platform, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
}

func TestRegistrationByInvitation(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	v := newVisitor(t, site)
	setRegistration(t, p, v, v1alpha1.RegistrationInvite, `name="code"`)
	code := func(uses int, life time.Duration) string {
		t.Helper()
		now := time.Now()
		code, err := signup.InsertCode(t.Context(), p.Admin, signup.RegistrationCode{Note: "friends", UsesLeft: uses, CreatedAt: now, ExpiresAt: now.Add(life)})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	with := func(name, code string) []string { return append(registration(name), "code", code) }
	v.register("alice").want(t, http.StatusUnprocessableEntity, `id="code.refused"`, "registration is by invitation")
	v.submit("/register/", with("alice", "wrong")...).want(t, http.StatusUnprocessableEntity, `id="code.refused"`, "not known", `value="wrong"`)
	v.submit("/register/", with("alice", code(1, -time.Hour))...).want(t, http.StatusUnprocessableEntity, "has expired")

	once := code(1, time.Hour)
	v.submit("/register/", with("www", once)...).want(t, http.StatusUnprocessableEntity, "reserved")
	v.home(p, v.submit("/register/", with("alice", once)...)).want(t, http.StatusOK, "Welcome, alice")
	other := newVisitor(t, site)
	other.submit("/register/", with("bob", once)...).want(t, http.StatusUnprocessableEntity, "used up")

	// A registration that fails gives its code back. This one fails because somebody makes its schema at that moment.
	once = code(1, time.Hour)
	release := lock(t, p, "tenants")
	answer := other.send("bob", "code", once)
	waitTenant(p, "bob", "")
	p.Exec(`CREATE SCHEMA bob`)
	release()
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	if shown.URL.Path == "/register/progress/" {
		p.Wait("the registration has failed", func(context.Context) error {
			if shown = other.get("/register/progress/"); !strings.Contains(shown.Body, "could not be made") {
				return fmt.Errorf("it shows:\n%s", shown.Body)
			}
			return nil
		})
		shown.want(t, http.StatusOK, "taken by somebody else", `href="/register/?username=bob"`)
	} else {
		shown.want(t, http.StatusUnprocessableEntity, "taken by somebody else")
	}
	p.Exec(`DROP SCHEMA bob`)
	if live, err := outcome(t.Context(), p, "bob"); err != nil || live {
		t.Fatalf("something is left of bob: live %v, %v", live, err)
	}
	other.home(p, other.submit("/register/", with("carol", once)...)).want(t, http.StatusOK, "Welcome, carol")
}

func TestRegistrationIsClosed(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	v := newVisitor(t, site)
	setRegistration(t, p, v, v1alpha1.RegistrationClosed, "Registration is closed")
	v.get("/register/").want(t, http.StatusForbidden, "Nobody can register here at present")
	v.register("alice").want(t, http.StatusForbidden, "Nobody can register here at present")
	for _, path := range []string{"/", "/login/"} {
		v.get(path).want(t, http.StatusOK, "Log in").without(t, `href="/register/"`)
	}
	if n := count(t, p, `SELECT count(*) FROM public.users`); n != 0 {
		t.Errorf("there are %d users", n)
	}
	v.get("http://alice."+stack.Domain+"/").want(t, http.StatusNotFound).without(t, "/register/?username=alice")
}

func TestRegistrationConfirmsFirst(t *testing.T) {
	t.Parallel()
	p, site := newSite(t, "--confirm-first")
	v := newVisitor(t, site)
	shown := v.register("alice").want(t, http.StatusOK, "A mail is on its way to alice@people.example")
	if shown.URL.Path != "/register/progress/" {
		t.Errorf("a registration leads to %s", shown.URL)
	}
	newVisitor(t, site).submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity)
	newVisitor(t, site).register("alice").want(t, http.StatusUnprocessableEntity, "The name alice is taken")
	if err := p.Client.Get(t.Context(), p.Key("alice"), &v1alpha1.Tenant{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Fatalf("there is a Tenant before the address is confirmed: %v", err)
	}
	link := waitLetters(p, site, "alice@people.example", "Confirm your address", 1).link(t, "/confirm/")
	v.home(p, v.submit("/confirm/", "token", token(link))).want(t, http.StatusOK, "Welcome, alice", "Your blog is live at")

	// Who confirms in another browser logs in there.
	v = newVisitor(t, site)
	v.register("bob").want(t, http.StatusOK, "A mail is on its way")
	link = waitLetters(p, site, "bob@people.example", "Confirm your address", 1).link(t, "/confirm/")
	other := newVisitor(t, site)
	other.submit("/confirm/", "token", token(link)).want(t, http.StatusOK, "Log in")
	wantLive(t, p, site, "bob")
	v.get("/register/progress/").want(t, http.StatusOK, "Welcome, bob")

	// Who never confirms is forgotten.
	v = newVisitor(t, site)
	v.register("carol").want(t, http.StatusOK, "A mail is on its way")
	p.Exec(`UPDATE public.registrations SET created_at = created_at - interval '8 days' WHERE username = 'carol'`)
	if live, err := outcome(t.Context(), p, "carol"); err != nil || live {
		t.Fatalf("something is left of carol: live %v, %v", live, err)
	}
	v.get("/register/progress/").want(t, http.StatusOK, "was not confirmed in time")

	// A crash between a confirmation and what follows from it changes nothing.
	v = newVisitor(t, site)
	v.register("dave").want(t, http.StatusOK, "A mail is on its way")
	p.Exec(`UPDATE public.users SET confirmed_at = now() WHERE username = 'dave'`)
	wantLive(t, p, site, "dave")
}

func TestUnconfirmedAccountsAreRemoved(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		v := newVisitor(t, site)
		v.home(p, v.register(name)).want(t, http.StatusOK, "Welcome, "+name)
	}
	addAccount(t, p, "erin") // made by kubectl
	waitLetters(p, site, "alice@people.example", "Confirm your address", 1)
	// A clock that is ahead removes nobody.
	if early, err := account.ListUnconfirmed(t.Context(), p.Admin, 0, 10, time.Now().AddDate(10, 0, 0)); err != nil || len(early) != 0 {
		t.Errorf("%v would lose their blogs, error %v", early, err)
	}
	// bob has written, carol has confirmed, dave is new.
	p.Exec(`INSERT INTO public.first_posts (tenant_id, at) SELECT id, now() FROM public.tenants WHERE name = 'bob'`)
	p.Exec(`UPDATE public.users SET confirmed_at = now() WHERE username = 'carol'`)
	p.Exec(`UPDATE public.users SET created_at = created_at - interval '8 days' WHERE username <> 'dave'`)
	site.Kill()
	site = p.StartPortal(0)
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	waitCount(p, "the account is removed", 0, `SELECT count(*) FROM public.users WHERE username = 'alice'`)
	if n := count(t, p, `SELECT count(*) FROM pg_namespace WHERE nspname IN ('alice', 'bob', 'carol', 'dave', 'erin')`); n != 4 {
		t.Errorf("%d schemas are left", n)
	}
	if n := count(t, p, `SELECT count(*) FROM public.tenants WHERE state = 'tombstone'`); n != 0 {
		t.Errorf("%d tombstones are left", n)
	}
	for _, name := range []string{"bob", "carol", "dave", "erin"} {
		logIn(t, site, name, secret)
	}
	newVisitor(t, site).submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity)
}
