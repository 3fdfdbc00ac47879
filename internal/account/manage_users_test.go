package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
)

func TestInsertUserConflicts(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addUser("alice")
	for _, c := range []struct {
		username, email string
		want            account.Field
	}{
		{"alice", "else@example.org", account.FieldUsername},
		{"else", "ALICE@example.org", account.FieldEmail},
		{"alice", "alice@example.org", account.FieldUsername},
	} {
		_, err := account.InsertUser(t.Context(), e.db, account.User{Username: c.username, Email: c.email, Role: account.Author, State: account.Active})
		var conflict *account.ConflictError
		if !errors.As(err, &conflict) || conflict.Field != c.want {
			t.Errorf("%s, %s: got %v, want a conflict of the %s", c.username, c.email, err, c.want)
		}
	}
}

func TestSearchUsers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, name := range []string{"alice", "alina", "bob"} {
		e.addUser(name)
	}
	e.addUser("zoe", func(u *account.User) { u.Email = "Alike@example.com" })
	for _, c := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", 9, []string{"alice", "alina", "bob", "zoe"}},
		{"ali", "", 9, []string{"alice", "alina", "zoe"}},
		{"ALINA@", "", 9, []string{"alina"}},
		{"ali", "", 2, []string{"alice", "alina"}},
		{"ali", "alina", 2, []string{"zoe"}},
		{"%", "", 9, nil},
	} {
		users, err := e.accounts.SearchUsers(t.Context(), c.prefix, c.after, c.limit)
		var got []string
		for _, u := range users {
			got = append(got, u.Username)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("search %q after %q: got %v, %v, want %v", c.prefix, c.after, got, err, c.want)
		}
	}
	if _, err := e.accounts.User(t.Context(), "Alice@example.org"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an address is taken for a user name: %v", err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addAuthor("carol", func(u *account.User) { u.State = account.Registering })
	token, _, _ := e.logIn("alice")
	want := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	want(e.accounts.Lock(t.Context(), "eve", "eve"), account.ErrSelf)
	want(e.accounts.Lock(t.Context(), "eve", "nobody"), account.ErrNotFound)
	want(e.accounts.Lock(t.Context(), "eve", "carol"), account.ErrUnchanged)
	want(e.accounts.Unlock(t.Context(), "eve", "alice"), account.ErrUnchanged)
	e.wantAlive(token)
	e.wantAudit()

	// Of two members of staff one does it, and the log says so once.
	oneWins(t, account.ErrUnchanged, func() error { return e.accounts.Lock(t.Context(), "eve", "alice") })
	e.wantEnded(token)
	e.wantAudit("eve: lock alice")
	want(e.accounts.SendReset(t.Context(), "eve", "alice"), account.ErrUnchanged)
	oneWins(t, account.ErrUnchanged, func() error { return e.accounts.Unlock(t.Context(), "eve", "alice") })
	e.logIn("alice")
	e.wantAudit("eve: unlock alice", "eve: lock alice")
}

// Without an entry in the audit log there is no change.
func TestUnrecordedChanges(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	token, _, _ := e.logIn("alice")
	e.exec(`REVOKE INSERT ON public.audit FROM echoblogs_portal`)
	_, addErr := e.accounts.AddStaff(t.Context(), "test", "jane", "jane@example.org")
	for name, err := range map[string]error{
		"lock": e.accounts.Lock(t.Context(), "eve", "alice"), "send a reset": e.accounts.SendReset(t.Context(), "eve", "alice"), "add staff": addErr,
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	e.wantAlive(token)
	e.wantMails()
	if _, err := e.accounts.User(t.Context(), "jane"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("staff were added: %v", err)
	}
}

func TestSendReset(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	if err := e.accounts.SendReset(t.Context(), "eve", "alice"); err != nil {
		t.Fatal(err)
	}
	if err := e.accounts.SendReset(t.Context(), "eve", "nobody"); !errors.Is(err, account.ErrNotFound) {
		t.Error(err)
	}
	e.wantMails("reset alice")
	e.wantAudit("eve: send a password reset alice")
}

func TestAddStaff(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	e.addAuthor("locked", func(u *account.User) { u.State = account.Locked })
	add := func(username, email string) (string, error) {
		return e.accounts.AddStaff(t.Context(), "portal staff add", username, email)
	}
	first, err := add("jane", "Jane@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "jane", "", browser); !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("without a password: %v", err)
	}
	second, err := add("jane", "jane@EXAMPLE.org")
	if err != nil || first == second {
		t.Errorf("a second time: %q after %q, %v", second, first, err)
	}
	if err := e.accounts.ResetPassword(t.Context(), second, newPassword); err != nil {
		t.Error(err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "jane", newPassword, browser); err != nil {
		t.Errorf("staff without a blog: %v", err)
	}

	if _, err := add("alice", "alice@example.org"); err != nil {
		t.Error(err)
	}
	if user, err := e.accounts.User(t.Context(), "alice"); err != nil || user.Role != account.Staff || user.PasswordHash != alice.PasswordHash {
		t.Errorf("alice is %+v, %v", user, err)
	}
	e.logIn("alice")
	entries := []string{"portal staff add: add staff alice", "portal staff add: add staff jane", "portal staff add: add staff jane"}
	e.wantAudit(entries...)

	for _, c := range []struct{ username, email, want string }{
		{"alice", "else@example.org", "another account has this user name"},
		{"carol", "alice@example.org", "another account has this email address"},
		{"locked", "locked@example.org", "the account is locked: it must be active"},
		{"carol", "carol", "Enter a valid email address, such as jane@example.com."},
	} {
		if _, err := add(c.username, c.email); err == nil || err.Error() != c.want {
			t.Errorf("add %s, %s: got %v, want %q", c.username, c.email, err, c.want)
		}
	}
	var name *naming.NameError
	if _, err := add("Not_A_Name", "carol@example.org"); !errors.As(err, &name) {
		t.Errorf("add Not_A_Name: got %v, want a NameError", err)
	}
	e.wantAudit(entries...)
}

// Two commands that add the same account at once create one account, and each prints a link or an error.
func TestConcurrentAddStaff(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	results := make(chan error)
	for range 5 {
		go func() {
			token, err := e.accounts.AddStaff(t.Context(), "test", "jane", "jane@example.org")
			var conflict *account.ConflictError
			if err == nil && token == "" || err != nil && !errors.As(err, &conflict) {
				results <- fmt.Errorf("got %q, %w", token, err)
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
