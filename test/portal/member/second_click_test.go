package member_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// Further clicks on a button get the answer of the first, and only in the same browser.
func TestSecondClick(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v, other := portaltest.NewClient(t, site), portaltest.NewClient(t, site)
	other.Get("/register/")

	v.Get("/register/").Want(t, http.StatusOK)
	form := portaltest.Registration("alice")
	v.WantOnce(http.StatusSeeOther, "/register/progress/", "", "/register/", form...)
	for _, c := range []*portaltest.Client{other, portaltest.NewClient(t, site)} {
		c.WantNotTheirs(http.StatusUnprocessableEntity, "This name is taken. Choose another one.", "/register/", form...)
	}
	v.AwaitHome(p, v.Get("/register/progress/")).Want(t, http.StatusOK, "Welcome, alice")

	confirm := portaltest.WaitMails(p, site, "alice@people.example", "Confirm your email address", 1).Link(t, "/confirm/")
	form = []string{"token", portaltest.Token(confirm)}
	v.WantOnce(http.StatusSeeOther, "/", "", "/confirm/", form...)
	other.WantNotTheirs(http.StatusGone, "This link is no longer valid", "/confirm/", form...)
	v.Get("/account/").Want(t, http.StatusOK, "alice@people.example, confirmed")

	const second, third = "a password of the spring", "a password of the autumn"
	form = []string{"current_password", portaltest.Password, "password", second, "confirm_password", second}
	v.WantOnce(http.StatusSeeOther, "/account/", "", "/account/password/", form...)
	other.WantNotTheirs(http.StatusForbidden, "You are logged out", "/account/password/", form...)
	v.WantOnce(http.StatusSeeOther, "/", "", "/logout/")

	other.Submit("/login/", "username", "alice", "password", second).Want(t, http.StatusOK, "Welcome, alice")
	other.WantNotTheirs(http.StatusUnprocessableEntity, "This is not your current password.", "/account/password/", form...)

	v.Submit("/reset/", "username", "alice")
	reset := portaltest.WaitMails(p, site, "alice@people.example", "Choose a new password", 1).Link(t, "/reset/password/")
	form = []string{"token", portaltest.Token(reset), "password", third, "confirm_password", third}
	v.WantOnce(http.StatusSeeOther, "/login/", "", "/reset/password/", form...)
	other.WantNotTheirs(http.StatusGone, "This link is no longer valid", "/reset/password/", form...)

	v.Submit("/login/", "username", "alice", "password", third).Want(t, http.StatusOK, "Welcome, alice")
	v.WantOnce(http.StatusSeeOther, "/account/alice/", "", "/account/alice/name/", "display_name", "Wonderland", "was", "", "version", v.Get("/account/alice/").Version())
	v.WantOnce(http.StatusSeeOther, "/account/alice/#domains", "", "/account/alice/domains/", "host", "www.alice.org")
	const page = "/account/alice/delete/"
	form = []string{"name", "alice", "version", v.Get(page).Version()}
	v.WantOnce(http.StatusOK, "", "alice is deleted", page, form...)
	other.WantNotTheirs(http.StatusForbidden, "You are logged out", page, form...)

	// The database has one answer for each browser and each of its three sessions, which it cannot read.
	var answers [][]byte
	if err := p.Admin.QueryRow(t.Context(), `SELECT array_agg(answer) FROM public.form_answers`).Scan(&answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) > 4 || slices.ContainsFunc(answers, func(a []byte) bool { return strings.Contains(string(a), "Fields") }) {
		t.Errorf("the answers are kept as %q", answers)
	}
}

// invited starts the public site, and returns the form that accepts an invitation, with its link.
func invited(t *testing.T) (p *stack.Platform, site *stack.Portal, link string, form []string) {
	t.Helper()
	p = portaltest.NewPlatform(t)
	tenant := &v1alpha1.Tenant{}
	tenant.Name, tenant.Spec.Owner = "zoe", &v1alpha1.TenantOwner{Username: "zoe", Email: "zoe@example.org"}
	if err := errors.Join(p.Create(t.Context(), tenant), p.AwaitReady(t.Context(), "zoe")); err != nil {
		t.Fatal(err)
	}
	site = p.StartPortal(0)
	link = portaltest.WaitMails(p, site, "zoe@example.org", "Your blog zoe is ready", 1).Link(t, "/invite/")
	return p, site, link, []string{"token", portaltest.Token(link), "password", portaltest.Password, "confirm_password", portaltest.Password}
}

// An invitation logs in only the browser that has accepted it, and the answer expires.
func TestSecondClickOnInvitation(t *testing.T) {
	t.Parallel()
	p, site, link, form := invited(t)
	v, other := portaltest.NewClient(t, site), portaltest.NewClient(t, site)
	v.Get(link).Want(t, http.StatusOK, "Welcome, zoe")
	other.Get(link).Want(t, http.StatusOK, "Welcome, zoe")
	v.WantOnce(http.StatusSeeOther, "/", "", "/invite/", form...)
	v.Get("/").Want(t, http.StatusOK, "Welcome, zoe")
	p.WaitCount("there is one session", 1, `SELECT count(*) FROM public.sessions`)
	for _, c := range []*portaltest.Client{other, portaltest.NewClient(t, site)} {
		c.WantNotTheirs(http.StatusGone, "This link is no longer valid", "/invite/", form...)
	}
	p.Exec(`UPDATE public.form_answers SET expires_at = now() - interval '1 second' WHERE answer IS NOT NULL`)
	v.WantNotTheirs(http.StatusGone, "This link is no longer valid", "/invite/", form...)
}

// lock makes statements that write to a table wait until the transaction ends.
func lock(t *testing.T, p *stack.Platform, table string) pgx.Tx {
	t.Helper()
	hold, err := p.Admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hold.Rollback(context.WithoutCancel(t.Context())) }) // which has happened, unless the test has failed
	if _, err := hold.Exec(t.Context(), `LOCK TABLE public.`+table+` IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	return hold
}

// crowd clicks a button many times while a lock is held, so that some clicks are too many. It ends the lock and returns the
// other answers.
func crowd(t *testing.T, c *portaltest.Client, clicks, tooMany int, hold pgx.Tx, path string, fields ...string) []portaltest.Page {
	t.Helper()
	answers := make(chan portaltest.Page, clicks)
	for range clicks {
		go func() {
			answer, err := c.Click(t.Context(), path, fields...)
			if err != nil {
				t.Error(err)
			}
			answers <- answer
		}()
	}
	for range tooMany {
		(<-answers).Want(t, http.StatusServiceUnavailable, "The form is still being processed", "Wait a few seconds, then reload this page.")
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	var others []portaltest.Page
	for range clicks - tooMany {
		others = append(others, <-answers)
	}
	return others
}

// Further clicks wait for the first, which another replica processes although the browser no longer waits for it. A browser
// cannot make many clicks wait.
func TestSecondClickWaits(t *testing.T) {
	t.Parallel()
	p, site, link, form := invited(t)
	v, elsewhere := portaltest.NewClient(t, site), portaltest.NewClient(t, p.StartPortal(1))
	elsewhere.HTTP.Jar = v.HTTP.Jar
	v.Get(link).Want(t, http.StatusOK, "Welcome, zoe")

	hold := lock(t, p, "sessions")
	var first sync.WaitGroup
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	first.Go(func() { _, _ = v.Click(ctx, "/invite/", form...) })
	p.WaitCount("the first click is half processed", 1, `SELECT count(*) FROM public.users`)
	leave()
	first.Wait()

	for _, answer := range crowd(t, elsewhere, 8, 4, hold, "/invite/", form...) {
		answer.LeadsTo(t, "/")
	}
	v.Get("/").Want(t, http.StatusOK, "Welcome, zoe")
}

// A user cannot make the database keep an answer for each ID that they send.
func TestAnswersOfASessionAreBounded(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice")
	v := portaltest.LogIn(t, site, "alice", portaltest.Password)
	session := "session=" + v.Cookie("http://"+stack.Domain, "session")
	v.HTTP.Jar = nil
	for range 5 {
		header := portaltest.FormHeader.Clone()
		header.Set("Cookie", session+"; browser="+secret.New())
		body := portaltest.FormBody("password", "a", "confirm_password", "b")
		v.Do(http.MethodPost, "/account/password/", body, header).Want(t, http.StatusUnprocessableEntity, "The passwords do not match.")
	}
	if n := p.Count(`SELECT count(*) FROM public.form_answers WHERE answer IS NOT NULL`); n != 1 {
		t.Errorf("%d answers are kept, want 1", n)
	}
}

// Clicks that wait for the answer to a form that is refused count as one attempt. The corrected form is accepted.
func TestSecondClickOnRefusedForm(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice")
	v := portaltest.LogIn(t, site, "alice", portaltest.Password)
	const next = "a password of the spring"
	wrong := []string{"current_password", "not the right one", "password", next, "confirm_password", next}
	for _, answer := range crowd(t, v, 6, 1, lock(t, p, "attempts"), "/account/password/", wrong...) {
		answer.Want(t, http.StatusUnprocessableEntity, "This is not your current password.")
	}
	if n := p.Count(`SELECT sum(count) FROM public.attempts WHERE kind = 'password-account'`); n != 1 {
		t.Errorf("%d attempts, want 1", n)
	}
	v.Submit("/account/password/", wrong...).Want(t, http.StatusUnprocessableEntity, "This is not your current password.")
	there := []string{"current_password", portaltest.Password, "password", next, "confirm_password", next}
	back := []string{"current_password", next, "password", portaltest.Password, "confirm_password", portaltest.Password}
	for _, form := range [][]string{there, back, there} { // the last one is no further click on the first
		v.WantOnce(http.StatusSeeOther, "/account/", "", "/account/password/", form...)
	}
	portaltest.LogIn(t, site, "alice", next)
	portaltest.WaitMails(p, site, "alice@example.org", "Your password was changed", 3)
}

// Two users of one browser may send the same form.
func TestSecondClickOfAnotherUser(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bob := portaltest.Name("alice"), portaltest.Name("bob")
	portaltest.AddAccount(t, p, alice)
	portaltest.AddAccount(t, p, bob)
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	const next = "a password of the spring"
	form := []string{"current_password", portaltest.Password, "password", next, "confirm_password", next}
	v.WantOnce(http.StatusSeeOther, "/account/", "", "/account/password/", form...)
	v.Submit("/logout/")
	v.Submit("/login/", "username", bob, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+bob)
	v.WantOnce(http.StatusSeeOther, "/account/", "", "/account/password/", form...)
	portaltest.LogIn(t, site, bob, next)
}
