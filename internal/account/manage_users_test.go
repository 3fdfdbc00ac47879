package account_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/echoblogs/echoblogs/internal/account"
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
