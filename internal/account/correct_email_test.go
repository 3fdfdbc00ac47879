package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
)

// A corrected address gets a link, and the links that were emailed to the old one no longer work.
func TestCorrectEmail(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	e.addAuthor("bob")
	confirm, err := e.accounts.ConfirmToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	reset, err := e.accounts.ResetToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	correct := func(email string) error {
		return e.accounts.CorrectEmail(t.Context(), alice.ID, email, browser.Address)
	}
	wantInvalid(t, correct("alice"), account.FieldEmail, "Enter a valid email address, such as jane@example.com.")
	var conflict *account.ConflictError
	if err := correct("BOB@example.org"); !errors.As(err, &conflict) || conflict.Field != account.FieldEmail {
		t.Errorf("the address of another account: %v", err)
	}
	e.blogs.err = errors.New("the API server is unavailable")
	if err := correct("Alice@exämple.org"); !errors.Is(err, e.blogs.err) {
		t.Errorf("while the Tenant cannot be changed: %v", err)
	}
	e.blogs.err = nil
	for purpose, token := range map[account.Purpose]string{account.PurposeConfirm: confirm, account.PurposeReset: reset} {
		if _, err := e.accounts.UserByToken(t.Context(), purpose, token); err != nil {
			t.Errorf("the link to %s before the correction: %v", purpose, err)
		}
	}
	if err := correct(" Alice@exämple.org "); err != nil {
		t.Fatal(err)
	}
	user, err := e.accounts.User(t.Context(), "alice")
	if err != nil || user.Email != "Alice@xn--exmple-cua.org" || e.blogs.emails["alice"] != user.Email {
		t.Errorf("the address is %q, that of the blog's owner %v, error %v", user.Email, e.blogs.emails, err)
	}
	e.wantMails("confirm alice")
	if _, err := e.accounts.ConfirmEmail(t.Context(), confirm); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the link to the old address: %v", err)
	}
	if err := e.accounts.ResetPassword(t.Context(), reset, newPassword, browser); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the reset link to the old address: %v", err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "alice@exämple.org", password, browser); err != nil {
		t.Errorf("a login with the new address: %v", err)
	}
	confirm, err = e.accounts.ConfirmToken(t.Context(), alice.ID)
	if err == nil {
		_, err = e.accounts.ConfirmEmail(t.Context(), confirm)
	}
	if err != nil {
		t.Fatalf("the link to the new address: %v", err)
	}
	if err := correct("other@example.org"); !errors.Is(err, account.ErrConfirmed) {
		t.Errorf("the correction of a confirmed address: %v", err)
	}
	if err := e.accounts.CorrectEmail(t.Context(), alice.ID+100, "other@example.org", ""); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the correction of no account: %v", err)
	}
}

// A correction counts as a request for another link: by account, by the address that gets the email, and by network.
func TestCorrectionsAreLimited(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	users := make(map[string]account.User)
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace"} {
		users[name] = e.addAuthor(name)
	}
	correct := func(name, email, network string) error {
		return e.accounts.CorrectEmail(t.Context(), users[name].ID, email, network)
	}
	for _, email := range []string{"a@example.org", "b@example.org", "b@example.org", "bob@example.org"} { // one repeated, one refused
		if err := correct("alice", email, "192.0.2.1"); err != nil && email != "bob@example.org" {
			t.Fatal(err)
		}
	}
	if wait := waitOf(correct("alice", "c@example.org", "192.0.2.2")); wait != time.Hour {
		t.Errorf("the fifth request of an account has to wait %s, want an hour", wait)
	}
	for _, name := range []string{"bob", "carol", "dave", "erin"} {
		for _, email := range []string{"victim@example.net", name + "@example.net"} {
			if err := correct(name, email, "192.0.2.3"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if wait := waitOf(correct("frank", "Victim@example.net", "192.0.2.4")); wait != time.Hour {
		t.Errorf("the fifth email to an address has to wait %s, want an hour", wait)
	}
	e.exec(`UPDATE public.attempts SET count = 19 WHERE kind = 'confirm-network' AND subject = '192.0.2.3'`)
	if err := correct("frank", "f@example.net", "192.0.2.3"); err != nil {
		t.Fatal(err)
	}
	if wait := waitOf(correct("grace", "g@example.net", "192.0.2.3")); wait != time.Hour {
		t.Errorf("the 21st request of a network has to wait %s, want an hour", wait)
	}
}
