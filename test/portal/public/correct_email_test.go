package public_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

const emailTaken = "An account with this email address already exists. Log in instead."

// Where a blog waits for the confirmation of the address, the browser that signed up corrects it and requests another link.
// Another browser does so with the password.
func TestCorrectEmailBeforeTheBlogIsCreated(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t, "--confirm-first")
	portaltest.AddUser(t, p, "bob")
	alice := portaltest.NewClient(t, site)
	alice.Submit("/register/", portaltest.Registration("alice", "email", "alise@people.example")...).
		Want(t, http.StatusOK, "We sent a link to alise@people.example.", "Send the link again", "Wrong address?", `name="email" type="email" value="alise@people.example"`)
	old := portaltest.WaitMails(p, site, "alise@people.example", "Confirm your email address", 1).Link(t, "/confirm/")

	alice.Submit("/register/resend/").Want(t, http.StatusOK, "We have emailed you a link.", "We sent a link to alise@people.example.")
	second := portaltest.WaitMails(p, site, "alise@people.example", "Confirm your email address", 2).Link(t, "/confirm/")
	alice.Submit("/register/email/", "email", "alice").Want(t, http.StatusUnprocessableEntity, "Enter a valid email address, such as jane@example.com.", `value="alice"`)
	alice.Submit("/register/email/", "email", "BOB@example.org").Want(t, http.StatusUnprocessableEntity, emailTaken)
	alice.Submit("/register/email/", "email", "alice@people.example").Want(t, http.StatusOK, "We have emailed you a link.", "We sent a link to alice@people.example.")
	link := portaltest.WaitMails(p, site, "alice@people.example", "Confirm your email address", 1).Link(t, "/confirm/")

	stranger := portaltest.NewClient(t, site) // who reads the emails to the old address
	for _, sent := range []string{old, second} {
		stranger.Get(sent).Want(t, http.StatusGone, "This link is no longer valid", `href="/account/">Request a new link`)
		stranger.Submit("/confirm/", "token", portaltest.Token(sent)).Want(t, http.StatusGone)
	}
	alice.Get(old).Want(t, http.StatusGone, `href="/register/progress/">Request a new link`)
	stranger.Submit("/register/", portaltest.Registration("carol", "email", "alise@people.example")...).Want(t, http.StatusOK, "We sent a link to alise@people.example.")
	alice.AwaitHome(p, alice.Submit("/confirm/", "token", portaltest.Token(link))).Want(t, http.StatusOK, "Welcome, alice", "Your blog is live at")
	if owner := p.Tenant("alice").Spec.Owner; owner == nil || owner.Email != "alice@people.example" {
		t.Errorf("the Tenant has the owner %+v", owner)
	}
	alice.Get("/register/email/").Want(t, http.StatusOK, "<h1>Account</h1>").Without(t, "/account/email/")

	// In another browser, carol proves with her password whose sign-up it is.
	carol := portaltest.NewClient(t, site)
	carol.Submit("/login/", "username", "carol", "password", portaltest.Password).
		Want(t, http.StatusUnprocessableEntity, "Confirm your email address first: open the link that we emailed you.", `href="/register/email/"`)
	carol.Get("/register/email/").Want(t, http.StatusOK, "<h1>Correct your email address</h1>", `name="password"`)
	carol.Submit("/register/email/", "username", "carol", "password", "not the right one", "email", "carol@people.example").
		Want(t, http.StatusUnprocessableEntity, "Wrong user name, email address or password.", `value="carol@people.example"`).Without(t, "not the right one")
	carol.Submit("/register/email/", "email", "carol@people.example").Want(t, http.StatusUnprocessableEntity, "Wrong user name, email address or password.")
	carol.Submit("/register/email/", "username", "carol", "password", portaltest.Password, "email", "bob@example.org").Want(t, http.StatusUnprocessableEntity, emailTaken)
	carol.Submit("/register/email/", "username", "carol", "password", portaltest.Password, "email", "carol@people.example").
		Want(t, http.StatusOK, "We sent a link to carol@people.example.").Without(t, "/register/resend/")
	link = portaltest.WaitMails(p, site, "carol@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	carol.Submit("/confirm/", "token", portaltest.Token(link)).Want(t, http.StatusOK, "Log in")
	wantLive(t, p, site, "carol")
	carol.Submit("/register/email/", "username", "carol", "password", portaltest.Password, "email", "other@people.example").Want(t, http.StatusOK, "<h1>Account</h1>", "carol@people.example, confirmed")

	// The limits are those of the other confirmation emails.
	dave := portaltest.NewClient(t, site)
	dave.Register("dave").Want(t, http.StatusOK, "We sent a link to")
	for range 4 {
		dave.Submit("/register/resend/").Want(t, http.StatusOK, "We have emailed you a link.")
	}
	dave.Submit("/register/resend/").Want(t, http.StatusTooManyRequests, "Too many attempts")
	dave.Submit("/register/email/", "email", "other@people.example").Want(t, http.StatusTooManyRequests, "Too many attempts")
	portaltest.NewClient(t, site).Submit("/register/resend/").Want(t, http.StatusOK, "Start with the first sentence.")
}

// Where the blog exists already, its owner corrects the address on the account page while it is not confirmed. The owner in
// the Tenant follows.
func TestCorrectEmailOnTheAccountPage(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	name, wrong, bob := portaltest.Name("alice"), portaltest.Name("alise"), portaltest.Name("bob")
	portaltest.AddUser(t, p, bob)
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Submit("/register/", portaltest.Registration(name, "email", wrong+"@people.example")...)).
		Want(t, http.StatusOK, wrong+"@people.example is not confirmed yet", `href="/account/#correct"`)
	old := portaltest.WaitMails(p, site, wrong+"@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	alice.Get("/account/").Want(t, http.StatusOK, `action="/account/email/"`, `name="email" type="email" value="`+wrong+`@people.example"`)
	alice.Submit("/account/email/", "email", bob+"@example.org").Want(t, http.StatusUnprocessableEntity, emailTaken, `value="`+bob+`@example.org"`)
	alice.Submit("/account/email/", "email", name+"@").Want(t, http.StatusUnprocessableEntity, "Enter a valid email address, such as jane@example.com.")
	alice.WantOnce(http.StatusSeeOther, "/account/", "", "/account/email/", "email", name+"@people.example")
	alice.Get("/account/").Want(t, http.StatusOK, "We have emailed you a link.", name+"@people.example is not confirmed yet")
	link := portaltest.WaitMails(p, site, name+"@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	stranger := portaltest.NewClient(t, site)
	stranger.Submit("/confirm/", "token", portaltest.Token(old)).Want(t, http.StatusGone)
	stranger.Submit("/login/", "username", wrong+"@people.example", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity)
	p.Wait("the Tenant has the address", func(context.Context) error {
		if owner := p.Tenant(name).Spec.Owner; owner == nil || owner.Email != name+"@people.example" {
			return errors.New("it has another one")
		}
		return nil
	})
	alice.Get("/account/"+name+"/").Want(t, http.StatusOK, "Title of the blog").Without(t, " readonly ")
	alice.Submit("/confirm/", "token", portaltest.Token(link)).Want(t, http.StatusOK, "Your email address is confirmed.")
	alice.Get("/account/").Want(t, http.StatusOK, name+"@people.example, confirmed").Without(t, "/account/email/")
	alice.Submit("/account/email/", "email", "other@people.example").Want(t, http.StatusOK, name+"@people.example, confirmed")
	stranger.Submit("/account/email/", "email", "other@people.example").Want(t, http.StatusForbidden, "You are logged out")
}
