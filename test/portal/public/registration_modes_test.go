package public_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// setRegistration sets the registration mode, and waits until the public site has it.
func setRegistration(t *testing.T, p *stack.Platform, v *portaltest.Client, mode v1alpha1.RegistrationMode, says string) {
	t.Helper()
	p.EditPlatform(func(object *v1alpha1.Platform) { object.Spec.Registration = mode })
	p.Wait("the public site has the mode", func(context.Context) error {
		if shown := v.Get("/register/"); !strings.Contains(shown.Body, says) {
			return fmt.Errorf("it shows:\n%s", shown.Body)
		}
		return nil
	})
}

func TestRegistrationByInvitation(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v := portaltest.NewClient(t, site)
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
	with := func(name, code string) []string { return append(portaltest.Registration(name), "code", code) }
	v.Register("alice").Want(t, http.StatusUnprocessableEntity, `id="code.refused"`, "Enter the registration code that you were given.")
	v.Submit("/register/", with("alice", "wrong")...).Want(t, http.StatusUnprocessableEntity, `id="code.refused"`, "This registration code is not valid. It may have expired or been used up.", `value="wrong"`)
	v.Submit("/register/", with("alice", code(1, -time.Hour))...).Want(t, http.StatusUnprocessableEntity, "It may have expired or been used up.")

	once := code(1, time.Hour)
	v.Submit("/register/", with("www", once)...).Want(t, http.StatusUnprocessableEntity, "reserved")
	v.AwaitHome(p, v.Submit("/register/", with("alice", once)...)).Want(t, http.StatusOK, "Welcome, alice")
	other := portaltest.NewClient(t, site)
	other.Submit("/register/", with("bob", once)...).Want(t, http.StatusUnprocessableEntity, "It may have expired or been used up.")

	// A failed sign-up returns its code. This one fails because its schema is created by someone else meanwhile.
	once = code(1, time.Hour)
	release := lock(t, p, "tenants")
	answer := other.SendRegistration("bob", "code", once)
	p.WaitTenant("bob")
	p.Exec(`CREATE SCHEMA bob`)
	release()
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	if shown.URL.Path == "/register/progress/" {
		p.Wait("the registration has failed", func(context.Context) error {
			if shown = other.Get("/register/progress/"); !strings.Contains(shown.Body, "Your blog could not be created") {
				return fmt.Errorf("it shows:\n%s", shown.Body)
			}
			return nil
		})
		shown.Want(t, http.StatusOK, "This name is taken. Choose another one.", `href="/register/">Sign up again</a>`)
	} else {
		shown.Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
	}
	p.Exec(`DROP SCHEMA bob`)
	if live, err := outcome(t.Context(), p, "bob"); err != nil || live {
		t.Fatalf("something is left of bob: live %v, %v", live, err)
	}
	other.AwaitHome(p, other.Submit("/register/", with("carol", once)...)).Want(t, http.StatusOK, "Welcome, carol")
}

func TestRegistrationIsClosed(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v := portaltest.NewClient(t, site)
	setRegistration(t, p, v, v1alpha1.RegistrationClosed, "Sign-up is closed")
	v.Get("/register/").Want(t, http.StatusForbidden, "New accounts cannot be created at the moment.")
	v.Register("alice").Want(t, http.StatusForbidden, "New accounts cannot be created at the moment.")
	for _, path := range []string{"/", "/login/"} {
		v.Get(path).Want(t, http.StatusOK, "Log in").Without(t, `href="/register/"`)
	}
	if n := p.Count(`SELECT count(*) FROM public.users`); n != 0 {
		t.Errorf("there are %d users", n)
	}
	v.Get("http://alice."+stack.Domain+"/").Want(t, http.StatusNotFound).Without(t, "/register/?username=alice")
}

func TestRegistrationConfirmsFirst(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t, "--confirm-first")
	v := portaltest.NewClient(t, site)
	shown := v.Register("alice").Want(t, http.StatusOK, "We sent a link to alice@people.example.")
	if shown.URL.Path != "/register/progress/" {
		t.Errorf("a registration leads to %s", shown.URL)
	}
	portaltest.NewClient(t, site).Submit("/login/", "username", "alice", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity)
	portaltest.NewClient(t, site).Register("alice").Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
	if err := p.Client.Get(t.Context(), p.Key("alice"), &v1alpha1.Tenant{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Fatalf("there is a Tenant before the address is confirmed: %v", err)
	}
	link := portaltest.WaitMails(p, site, "alice@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	v.AwaitHome(p, v.Submit("/confirm/", "token", portaltest.Token(link))).Want(t, http.StatusOK, "Welcome, alice", "Your blog is live at")

	// After a confirmation in another browser, the user has to log in.
	v = portaltest.NewClient(t, site)
	v.Register("bob").Want(t, http.StatusOK, "We sent a link to")
	link = portaltest.WaitMails(p, site, "bob@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	other := portaltest.NewClient(t, site)
	other.Submit("/confirm/", "token", portaltest.Token(link)).Want(t, http.StatusOK, "Log in")
	wantLive(t, p, site, "bob")
	v.Get("/register/progress/").Want(t, http.StatusOK, "Welcome, bob")

	// An unconfirmed sign-up expires.
	v = portaltest.NewClient(t, site)
	v.Register("carol").Want(t, http.StatusOK, "We sent a link to")
	p.Exec(`UPDATE public.registrations SET created_at = created_at - interval '8 days' WHERE username = 'carol'`)
	if live, err := outcome(t.Context(), p, "carol"); err != nil || live {
		t.Fatalf("something is left of carol: live %v, %v", live, err)
	}
	v.Get("/register/progress/").Want(t, http.StatusOK, "Your email address was not confirmed in time. Sign up again.")

	// A crash after the confirmation is repaired.
	v = portaltest.NewClient(t, site)
	v.Register("dave").Want(t, http.StatusOK, "We sent a link to")
	p.Exec(`UPDATE public.users SET confirmed_at = now() WHERE username = 'dave'`)
	wantLive(t, p, site, "dave")
}

func TestUnconfirmedAccountsAreRemoved(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		v := portaltest.NewClient(t, site)
		v.AwaitHome(p, v.Register(name)).Want(t, http.StatusOK, "Welcome, "+name)
	}
	portaltest.AddAccount(t, p, "erin") // created by kubectl
	portaltest.WaitMails(p, site, "alice@people.example", "Confirm your email address", 1)
	// bob has written, carol has confirmed, dave is new.
	p.Exec(`INSERT INTO public.first_posts (tenant_id, at) SELECT id, now() FROM public.tenants WHERE name = 'bob'`)
	p.Exec(`UPDATE public.users SET confirmed_at = now() WHERE username = 'carol'`)
	p.Exec(`UPDATE public.users SET created_at = created_at - interval '8 days' WHERE username <> 'dave'`)
	site.Kill()
	site = p.StartPortal(0)
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	p.WaitCount("the account is removed", 0, `SELECT count(*) FROM public.users WHERE username = 'alice'`)
	if n := p.Count(`SELECT count(*) FROM pg_namespace WHERE nspname IN ('alice', 'bob', 'carol', 'dave', 'erin')`); n != 4 {
		t.Errorf("%d schemas are left", n)
	}
	if n := p.Count(`SELECT count(*) FROM public.tenants WHERE state = 'tombstone'`); n != 0 {
		t.Errorf("%d tombstones are left", n)
	}
	for _, name := range []string{"bob", "carol", "dave", "erin"} {
		portaltest.LogIn(t, site, name, portaltest.Password)
	}
	portaltest.NewClient(t, site).Submit("/login/", "username", "alice", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity)
}
