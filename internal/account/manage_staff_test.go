package account_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

func (e *env) addStaff(username, email string) (token string, err error) {
	return e.accounts.AddStaff(e.t.Context(), "portal staff add", username, email)
}

func confirmed(u *account.User) { u.ConfirmedAt = u.CreatedAt }

func TestAddStaff(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice", confirmed)
	e.addAuthor("locked", func(u *account.User) { u.State = account.Locked })
	e.addAuthor("mallory") // signed up with an address that may belong to another person
	mallory, _, _ := e.logIn("mallory")
	first, err := e.addStaff("jane", "Jane@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "jane", "", browser); !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("without a password: %v", err)
	}
	second, err := e.addStaff("jane", "jane@EXAMPLE.org")
	if err != nil || first == second {
		t.Errorf("a second time: %q after %q, %v", second, first, err)
	}
	if err := e.accounts.ResetPassword(t.Context(), first, newPassword, browser); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the first link: %v", err)
	}
	if err := e.accounts.ResetPassword(t.Context(), second, newPassword, browser); err != nil {
		t.Error(err)
	}
	jane, err := e.accounts.LogIn(t.Context(), "jane", newPassword, browser)
	if err != nil {
		t.Errorf("staff without a blog: %v", err)
	}
	entries := []string{"portal staff add: add staff jane", "portal staff add: add staff jane"}
	e.wantAudit(entries...)

	for _, c := range []struct{ username, email, want string }{
		{"alice", "else@example.org", "another account has this user name"},
		{"carol", "alice@example.org", "another account has this email address"},
		{"locked", "locked@example.org", "the account is locked: it must be active"},
		{"mallory", "mallory@example.org", "the email address of the account is not confirmed: its owner must confirm it first"},
		{"carol", "carol", "Enter a valid email address, such as jane@example.com."},
	} {
		if _, err := e.addStaff(c.username, c.email); err == nil || err.Error() != c.want {
			t.Errorf("add %s, %s: got %v, want %q", c.username, c.email, err, c.want)
		}
	}
	var name *naming.NameError
	if _, err := e.addStaff("Not_A_Name", "carol@example.org"); !errors.As(err, &name) {
		t.Errorf("add Not_A_Name: got %v, want a NameError", err)
	}
	e.wantAudit(entries...)
	if _, user, err := e.accounts.Authenticate(t.Context(), mallory); err != nil || user.Role != account.Author {
		t.Errorf("mallory is %s, %v", user.Role, err)
	}

	// Another link for a member of staff logs nobody out.
	if _, err := e.addStaff("jane", "jane@example.org"); err != nil {
		t.Error(err)
	}
	e.wantAlive(jane)
}

// An account that becomes staff, or ceases to be, loses its sessions and all other ways to start one without a password.
func TestChangesOfRoleEndAccess(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice", confirmed)
	session, _, _ := e.logIn("alice")
	reset, err := e.accounts.ResetToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	e.exec(`INSERT INTO public.registrations (id, user_id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES (gen_random_uuid(), $1, 'alice', 'live', $2, '', now(), now(), now())`, alice.ID, secret.Hash("token"))
	registered := func() int {
		return e.count(`SELECT count(*) FROM public.registrations WHERE token_hash = $1`, secret.Hash("token"))
	}
	if err := e.accounts.RemoveStaff(t.Context(), "portal staff remove", "alice"); !errors.Is(err, account.ErrUnchanged) {
		t.Errorf("remove an author from staff: %v", err)
	}
	if err := e.accounts.RemoveStaff(t.Context(), "portal staff remove", "nobody"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("remove nobody from staff: %v", err)
	}
	e.wantAlive(session)
	if registered() != 1 {
		t.Error("the registration token is invalid")
	}

	link, err := e.addStaff("alice", "alice@example.org")
	if err != nil {
		t.Fatal(err)
	}
	e.wantEnded(session)
	if registered() != 0 {
		t.Error("the browser that signed up can log in without a password")
	}
	if _, err := e.accounts.UserByToken(t.Context(), account.PurposeReset, reset); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an older link to choose a password: %v", err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "alice", password, browser); !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("the password of before: %v", err)
	}
	if _, err := e.accounts.StartSession(t.Context(), alice.ID, browser); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a session of staff without a password: %v", err)
	}
	if err := e.accounts.ResetPassword(t.Context(), link, newPassword, browser); err != nil {
		t.Fatal(err)
	}
	token, err := e.accounts.LogIn(t.Context(), "alice", newPassword, browser)
	if err != nil {
		t.Fatal(err)
	}
	if _, user, err := e.accounts.Authenticate(t.Context(), token); err != nil || user.Role != account.Staff {
		t.Errorf("alice is %s, %v", user.Role, err)
	}

	oneWins(t, account.ErrUnchanged, func() error {
		return e.accounts.RemoveStaff(t.Context(), "portal staff remove", "alice")
	})
	e.wantEnded(token)
	if token, err = e.accounts.LogIn(t.Context(), "alice", newPassword, browser); err != nil {
		t.Fatal(err)
	}
	if _, user, err := e.accounts.Authenticate(t.Context(), token); err != nil || user.Role != account.Author {
		t.Errorf("alice is %s, %v", user.Role, err)
	}
	e.wantAudit("portal staff remove: remove staff alice", "portal staff add: add staff alice")
}

// A request that has verified the old password before a change has no effect after it.
func TestRequestsUnderWayDuringChanges(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(e *env) error{
		"staff add":      func(e *env) error { _, err := e.addStaff("alice", "alice@example.org"); return err },
		"lock":           func(e *env) error { return e.accounts.Lock(e.t.Context(), "eve", "alice") },
		"password reset": func(e *env) error { return e.resetPassword("alice") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.addAuthor("alice", confirmed)
			_, session, user := e.logIn("alice")
			e.hasher.verifiedOnce = sync.OnceFunc(func() {
				if err := change(e); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
			if token, err := e.accounts.LogIn(t.Context(), "alice", password, browser); !errors.Is(err, account.ErrWrongPassword) {
				t.Errorf("the login: got %q, %v", token, err)
			}
			if n := e.count(`SELECT count(*) FROM public.sessions`); n != 0 {
				t.Errorf("%d sessions", n)
			}
			if name == "lock" {
				return // a locked user may change the password, and still not log in
			}
			err := e.accounts.ChangePassword(t.Context(), &user, session.ID, password, "another password of mine", browser)
			if !errors.Is(err, account.ErrWrongPassword) {
				t.Errorf("the change of the password: %v", err)
			}
		})
	}
}

// resetPassword chooses newPassword with a link.
func (e *env) resetPassword(username string) error {
	user, err := e.accounts.User(e.t.Context(), username)
	if err != nil {
		return err
	}
	token, err := e.accounts.ResetToken(e.t.Context(), user.ID)
	if err != nil {
		return err
	}
	return e.accounts.ResetPassword(e.t.Context(), token, newPassword, browser)
}

// Two commands that add the same account at once create one account, and each prints a link or an error.
func TestConcurrentAddStaff(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	results := make(chan error)
	for range 5 {
		go func() {
			token, err := e.accounts.AddStaff(context.WithoutCancel(t.Context()), "test", "jane", "jane@example.org")
			var conflict *account.ConflictError
			if err == nil && token == "" || err != nil && !errors.As(err, &conflict) {
				results <- fmt.Errorf("got %q, %s", token, postgres.Explain(err))
				return
			}
			results <- nil
		}()
	}
	for range 5 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := e.count(`SELECT count(*) FROM public.users`); n != 1 {
		t.Errorf("%d accounts, want 1", n)
	}
}
