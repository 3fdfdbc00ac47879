package account_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
)

const newPassword = "a cow reads slowly as well"

// wantInvalid fails the test unless an error is an *account.InvalidError with a sentence.
func wantInvalid(t *testing.T, err error, field account.Field, sentence string) {
	t.Helper()
	var invalid *account.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != field || invalid.Sentence != sentence {
		t.Errorf("got %v, want %s: %s", err, field, sentence)
	}
}

const tooShort = "Use at least 10 characters. A few words are easy to remember."

func TestChangePassword(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	here, session, user := e.logIn("alice")
	elsewhere, _, _ := e.logIn("alice")
	reset, err := e.accounts.ResetToken(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	change := func(current, password string) error {
		return e.accounts.ChangePassword(t.Context(), &user, session.ID, current, password, browser)
	}
	if err := change("wrong", newPassword); !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("with a wrong password: %v", err)
	}
	wantInvalid(t, change(password, "short"), account.FieldPassword, tooShort)
	e.wantAlive(elsewhere)
	e.wantMails()

	if err := change(password, newPassword); err != nil {
		t.Fatal(err)
	}
	e.wantAlive(here)
	e.wantEnded(elsewhere)
	e.wantMails("password_changed alice")
	if _, err := e.accounts.LogIn(t.Context(), "alice", password, browser); !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "alice", newPassword, browser); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := e.accounts.UserByToken(t.Context(), account.PurposeReset, reset); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a link to reset the password is still valid: %v", err)
	}
}

// A browser that is logged in cannot be used to guess the password.
func TestPasswordChangesAreLimited(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	_, session, user := e.logIn("alice")
	change := func(current string) error {
		return e.accounts.ChangePassword(t.Context(), &user, session.ID, current, newPassword, browser)
	}
	for range 4 {
		if err := change("wrong"); !errors.Is(err, account.ErrWrongPassword) {
			t.Fatal(err)
		}
	}
	if wait := waitOf(change(password)); wait != 10*time.Minute {
		t.Errorf("the fifth attempt has to wait %s, want 10 minutes", wait)
	}
	e.pass(10 * time.Minute)
	if err := change(password); err != nil {
		t.Error(err)
	}
}

func TestResetPassword(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	session, _, _ := e.logIn("alice")
	for range 5 { // the limit on logins
		_, _ = e.accounts.LogIn(t.Context(), "Alice@example.org", "wrong", browser)
	}
	issue := func() string {
		t.Helper()
		token, err := e.accounts.ResetToken(t.Context(), alice.ID)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	token, other := issue(), issue()
	if user, err := e.accounts.UserByToken(t.Context(), account.PurposeReset, token); err != nil || user.Username != "alice" {
		t.Errorf("the link is for %s, %v", user.Username, err)
	}
	wantInvalid(t, e.accounts.ResetPassword(t.Context(), token, "short", browser), account.FieldPassword, tooShort)
	wantInvalid(t, e.accounts.ResetPassword(t.Context(), token, "alice@example.org", browser), account.FieldPassword, "Choose a password other than your user name or email address.")
	e.wantAlive(session)

	if err := e.accounts.ResetPassword(t.Context(), token, newPassword, browser); err != nil {
		t.Fatal(err)
	}
	e.wantEnded(session)
	e.wantMails("password_changed alice")
	if _, err := e.accounts.LogIn(t.Context(), "alice@example.org", newPassword, browser); err != nil {
		t.Errorf("the new password, in spite of the failed attempts: %v", err)
	}
	confirm, err := e.accounts.ConfirmToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	late := issue()
	e.pass(time.Hour)
	for name, token := range map[string]string{"used": token, "issued before": other, "late": late, "of another purpose": confirm, "unknown": "x", "empty": ""} {
		if err := e.accounts.ResetPassword(t.Context(), token, newPassword, browser); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
}

func TestConcurrentResets(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	token, err := e.accounts.ResetToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	oneWins(t, account.ErrNotFound, func() error { return e.accounts.ResetPassword(t.Context(), token, newPassword, browser) })
	e.wantMails("password_changed alice")
}

// A request neither looks up the account nor reveals whether it exists.
func TestRequestReset(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	request := func(login, address string) error {
		return e.accounts.RequestReset(t.Context(), login, account.Browser{Address: address})
	}
	for _, login := range []string{" Alice@Example.org ", "alice", "nobody", "alice", "alice", "alice"} {
		if err := request(login, "192.0.2.1"); err != nil {
			t.Error(err)
		}
	}
	e.wantMails("reset alice@example.org", "reset alice", "reset nobody", "reset alice", "reset alice", "reset alice")
	if wait := waitOf(request("Alice", "192.0.2.1")); wait != time.Hour {
		t.Errorf("the fifth request for an account has to wait %s, want an hour", wait)
	}
	for i := range 14 {
		if err := request(fmt.Sprintf("user-%d", i), "192.0.2.1"); err != nil {
			t.Error(err)
		}
	}
	if wait := waitOf(request("carol", "192.0.2.1")); wait != time.Hour {
		t.Errorf("the 21st request from a network has to wait %s, want an hour", wait)
	}
}

// Strangers who request resets for an account keep neither its owner from it, nor send more than some emails.
func TestResetsByStrangers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	home := account.Browser{Address: "192.0.2.1", ID: "at home"}
	if _, err := e.accounts.LogIn(t.Context(), "alice", password, home); err != nil {
		t.Fatal(err)
	}
	sent := func() int { return e.count(`SELECT count(*) FROM public.outbox WHERE kind = 'mail.reset'`) }
	request := func(b account.Browser, mails int) {
		t.Helper()
		before := sent()
		if err := e.accounts.RequestReset(t.Context(), "alice", b); err != nil {
			t.Errorf("%+v: %v", b, err)
		}
		if got := sent() - before; got != mails {
			t.Errorf("%+v: %d emails, want %d", b, got, mails)
		}
	}
	for range 4 {
		request(account.Browser{Address: "198.51.100.1"}, 1)
	}
	request(account.Browser{Address: "192.0.2.2"}, 1) // the owner, in a browser that is not known
	request(account.Browser{Address: "192.0.2.2", ID: "of another browser"}, 1)
	for i := range 20 { // one network after the other
		request(account.Browser{Address: fmt.Sprintf("203.0.113.%d", i)}, max(0, min(1, 4-i)))
	}
	for range 20 { // the network of the owner has no more attempts
		_ = e.accounts.RequestReset(t.Context(), "alice", account.Browser{Address: home.Address})
		_ = e.accounts.RequestReset(t.Context(), "bob", account.Browser{Address: home.Address})
	}
	for i := range 6 {
		request(home, max(0, min(1, 4-i)))
	}
	before := sent()
	e.pass(time.Hour)
	request(home, 1)
	request(account.Browser{Address: "198.51.100.1"}, 1)

	// After a reset the links of the earlier emails are not valid, so that there are further ones.
	token, err := e.accounts.ResetToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		_ = e.accounts.RequestReset(t.Context(), "alice", account.Browser{Address: fmt.Sprintf("203.0.113.%d", i)})
	}
	if n := sent() - before; n != 11 {
		t.Errorf("%d emails within an hour, want 11", n)
	}
	if err := e.accounts.ResetPassword(t.Context(), token, newPassword, account.Browser{Address: "192.0.2.3"}); err != nil {
		t.Fatal(err)
	}
	request(account.Browser{Address: "192.0.2.3"}, 1)
}

func TestConfirmEmail(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	token, err := e.accounts.ConfirmToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	if user, err := e.accounts.UserByToken(t.Context(), account.PurposeConfirm, token); err != nil || user.Email != alice.Email || !user.ConfirmedAt.IsZero() {
		t.Errorf("the link is for %+v, %v", user, err)
	}
	oneWins(t, account.ErrNotFound, func() error {
		id, err := e.accounts.ConfirmEmail(t.Context(), token)
		if err == nil && id != alice.ID {
			t.Errorf("user %d is confirmed, want %d", id, alice.ID)
		}
		return err
	})
	user, err := e.accounts.User(t.Context(), "alice")
	if err != nil || !user.ConfirmedAt.Equal(e.clock()) {
		t.Errorf("confirmed at %s, %v", user.ConfirmedAt, err)
	}
	// A second link does not change when it was confirmed.
	token, err = e.accounts.ConfirmToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	e.pass(time.Hour)
	if _, err := e.accounts.ConfirmEmail(t.Context(), token); err != nil {
		t.Error(err)
	}
	if again, err := e.accounts.User(t.Context(), "alice"); err != nil || !again.ConfirmedAt.Equal(user.ConfirmedAt) {
		t.Errorf("confirmed at %s, want %s, %v", again.ConfirmedAt, user.ConfirmedAt, err)
	}
}

func TestRequestConfirmation(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	for range 4 {
		if err := e.accounts.RequestConfirmation(t.Context(), &alice, browser.Address); err != nil {
			t.Fatal(err)
		}
	}
	if wait := waitOf(e.accounts.RequestConfirmation(t.Context(), &alice, browser.Address)); wait != time.Hour {
		t.Errorf("the fifth request has to wait %s, want an hour", wait)
	}
	bob := e.addAuthor("bob", func(u *account.User) { u.ConfirmedAt = e.clock() })
	if err := e.accounts.RequestConfirmation(t.Context(), &bob, browser.Address); err != nil {
		t.Error(err)
	}
	e.wantMails("confirm alice", "confirm alice", "confirm alice", "confirm alice")
}
