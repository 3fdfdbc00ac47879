package member_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestResetByMail(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t, "--trusted-proxies=127.0.0.1")
	portaltest.AddAccount(t, p, "alice")
	here, elsewhere := portaltest.NewClient(t, site), portaltest.LogIn(t, site, "alice", portaltest.Password)

	// The page is the same with and without an account.
	sent := here.Submit("/reset/", "username", "Alice@Example.org ").Want(t, http.StatusOK, "Check your email")
	nobody := here.Submit("/reset/", "username", "nobody@example.org").Want(t, http.StatusOK)
	if sent.Body != nobody.Body {
		t.Errorf("the page reveals whether there is an account:\n%s\n%s", sent.Body, nobody.Body)
	}
	here.Submit("/reset/", "username", " ").Want(t, http.StatusUnprocessableEntity, "Enter your user name or email address.", `aria-invalid="true"`)
	link := portaltest.WaitMails(p, site, "alice@example.org", "Choose a new password", 1).Link(t, "/reset/password/")

	// Neither opening the link nor an invalid form uses the token.
	here.Get(link).Want(t, http.StatusOK, "the password of the account alice")
	here.Get("/reset/password/?token=wrong").Want(t, http.StatusGone, "This link is no longer valid", `href="/reset/"`)
	here.Submit("/reset/password/", "token", portaltest.Token(link), "password", "short", "confirm_password", "short").
		Want(t, http.StatusUnprocessableEntity, "Use at least 10 characters.", `id="password-error"`)
	here.Submit("/reset/password/", "token", portaltest.Token(link), "password", "another secret", "confirm_password", "another one").
		Want(t, http.StatusUnprocessableEntity, "The passwords do not match.")
	elsewhere.Get("/").Want(t, http.StatusOK, "Welcome, alice")

	set := []string{"token", portaltest.Token(link), "password", "another secret", "confirm_password", "another secret"}
	here.Submit("/reset/password/", set...).Want(t, http.StatusOK, "Your password was changed. Log in with the new one.")
	portaltest.WaitMails(p, site, "alice@example.org", "Your password was changed", 1)
	elsewhere.Get("/").Want(t, http.StatusOK, "Start with the first sentence")
	here.Submit("/login/", "username", "alice", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity)
	elsewhere.Submit("/login/", "username", "alice", "password", "another secret").Want(t, http.StatusOK, "Welcome, alice")

	// A link works once, and expires after an hour or when another one is used. A further click gets the same answer.
	here.Submit("/reset/password/", set...).Want(t, http.StatusOK, "Your password was changed. Log in with the new one.")
	elsewhere.Submit("/reset/password/", set...).Want(t, http.StatusGone)
	here.Get(link).Want(t, http.StatusGone)
	here.Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
	late := portaltest.WaitMails(p, site, "alice@example.org", "Choose a new password", 2).Link(t, "/reset/password/")
	here.Get(late).Want(t, http.StatusOK)
	p.Exec(`UPDATE public.mail_tokens SET expires_at = $1`, time.Now().Add(-time.Second))
	here.Get(late).Want(t, http.StatusGone)
	here.Submit("/reset/password/", "token", portaltest.Token(late), "password", "a third secret", "confirm_password", "a third secret").Want(t, http.StatusGone)

	// An unknown account gets no email, and the fifth request within an hour is refused.
	for range 4 {
		here.Submit("/reset/", "username", "carol").Want(t, http.StatusOK)
	}
	refused := here.Submit("/reset/", "username", "carol").Want(t, http.StatusTooManyRequests, "Too many attempts")
	if after := refused.Header.Get("Retry-After"); after != "3600" {
		t.Errorf("Retry-After is %q", after)
	}
	// A browser that has logged in before is never refused, whatever others have requested.
	stranger := portaltest.NewClient(t, site)
	for range 3 {
		stranger.SubmitFrom("198.51.100.1", "/reset/", "username", "bob").Want(t, http.StatusOK)
	}
	stranger.SubmitFrom("198.51.100.1", "/reset/", "username", "alice").Want(t, http.StatusOK)
	portaltest.WaitMails(p, site, "alice@example.org", "Choose a new password", 3)
	for range 3 {
		stranger.SubmitFrom("198.51.100.1", "/reset/", "username", "alice").Want(t, http.StatusOK)
	}
	stranger.SubmitFrom("198.51.100.1", "/reset/", "username", "alice").Want(t, http.StatusTooManyRequests)
	for range 6 {
		elsewhere.SubmitFrom("198.51.100.1", "/reset/", "username", "alice").Want(t, http.StatusOK, "Check your email")
	}
	portaltest.WaitNoMails(p)
	all, err := portaltest.Mails(site)
	if err != nil || len(all) != 3+4+4 {
		t.Errorf("%d emails were sent, %v: %+v", len(all), err, all)
	}
}

func TestConfirmByMail(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	p.Exec(`UPDATE public.users SET confirmed_at = NULL WHERE username = $1`, alice)
	// Another person may have signed up with the address: a blog that a manifest makes for it is not theirs.
	v.Get("/").Want(t, http.StatusOK, alice+"@example.org is not confirmed yet", "A blog that was made for your email address appears here").
		Without(t, `href="/account/`+alice+`/"`)
	v.Get("/account/"+alice+"/").Want(t, http.StatusNotFound)
	v.Submit("/account/confirm/").Want(t, http.StatusOK, "We have emailed you a link.")
	link := portaltest.WaitMails(p, site, alice+"@example.org", "Confirm your email address", 1).Link(t, "/confirm/")

	for range 3 {
		v.Submit("/account/confirm/").Want(t, http.StatusOK)
	}
	v.Submit("/account/confirm/").Want(t, http.StatusTooManyRequests, "Too many attempts")
	portaltest.WaitMails(p, site, alice+"@example.org", "Confirm your email address", 4)
	// An email is sent a moment before it leaves the outbox.
	const queued = `SELECT count(*) FROM public.outbox o JOIN public.users u ON u.id = o.user_id WHERE u.username = $1`
	p.WaitCount("the emails to alice have left the outbox", 0, queued, alice)

	// Opening the link does not confirm the address, because mail scanners do that. It works once, in any browser.
	other := portaltest.NewClient(t, site)
	other.Get(link).Want(t, http.StatusOK, alice+"@example.org", "Confirm email address")
	v.Get("/").Want(t, http.StatusOK, "is not confirmed")
	other.Submit("/confirm/", "token", "wrong").Want(t, http.StatusGone)
	other.Submit("/confirm/", "token", portaltest.Token(link)).Want(t, http.StatusOK, "Your email address is confirmed.", "Log in")
	if home := v.Get("/").Want(t, http.StatusOK, "Welcome, "+alice, `href="/account/`+alice+`/"`); strings.Contains(home.Body, "not confirmed") {
		t.Errorf("the page says that a confirmed address is not confirmed:\n%s", home.Body)
	}
	other.Submit("/confirm/", "token", portaltest.Token(link)).Want(t, http.StatusOK, "Your email address is confirmed.") // a further click
	v.Submit("/confirm/", "token", portaltest.Token(link)).Want(t, http.StatusGone, "This link is no longer valid")

	// A confirmed address gets no further mail.
	v.Submit("/account/confirm/").Want(t, http.StatusOK)
	if n := p.Count(queued, alice); n != 0 {
		t.Errorf("%d emails queued for a confirmed address", n)
	}
}
