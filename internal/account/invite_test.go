package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/account"
)

// invite returns a token for the owner of a tenant of their name.
func (e *env) invite(username, email string) string {
	e.t.Helper()
	e.blogs.owners = map[string][2]string{username: {username, email}}
	token, err := e.accounts.CreateInvitation(e.t.Context(), account.Invitation{Tenant: username, Username: username, Email: email})
	if err != nil {
		e.t.Fatal(err)
	}
	return token
}

func TestCreateInvitation(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addTenant("zoe", "zoe", "live")
	e.addTenant("gone", "gone", "tombstone")
	for name, c := range map[string]struct {
		invitation account.Invitation
		want       error
	}{
		"an owner without an account": {account.Invitation{Tenant: "zoe", Username: "zoe"}, nil},
		"an owner with an account":    {account.Invitation{Tenant: "zoe", Username: "alice"}, account.ErrHasAccount},
		"no such tenant":              {account.Invitation{Tenant: "nobody", Username: "nobody"}, account.ErrNoBlog},
		"a deleted tenant":            {account.Invitation{Tenant: "gone", Username: "gone"}, account.ErrNoBlog},
	} {
		token, err := e.accounts.CreateInvitation(t.Context(), c.invitation)
		if !errors.Is(err, c.want) || (token == "") != (c.want != nil) {
			t.Errorf("%s: got %q, %v, want error %v", name, token, err, c.want)
		}
	}
}

func TestAcceptInvitation(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addTenant("zoe", "zoe", "live")
	token := e.invite("zoe", "Zoe@example.org")
	invitation, err := e.accounts.Invitation(t.Context(), token)
	if diff := cmp.Diff(account.Invitation{Tenant: "zoe", Username: "zoe", Email: "Zoe@example.org"}, invitation); diff != "" || err != nil {
		t.Errorf("invitation (-want +got), %v:\n%s", err, diff)
	}
	accept := func(token, password string) (string, error) {
		return e.accounts.AcceptInvitation(t.Context(), token, "", password, browser)
	}
	_, err = accept(token, "short")
	wantInvalid(t, err, account.FieldPassword, tooShort)

	oneWins(t, account.ErrNotFound, func() error {
		session, err := accept(token, newPassword)
		if err == nil {
			e.wantAlive(session)
		}
		return err
	})
	user, err := e.accounts.User(t.Context(), "zoe")
	if err != nil || user.Email != "Zoe@example.org" || user.Role != account.Author || user.State != account.Active || !user.ConfirmedAt.Equal(e.clock()) {
		t.Errorf("the account is %+v, %v", user, err)
	}
	e.wantMails() // the address is known to be theirs
	if _, err := e.accounts.LogIn(t.Context(), "zoe", newPassword, browser); err != nil {
		t.Error(err)
	}
}

// If the Tenant does not contain the owner's address, the owner enters and confirms it.
func TestAcceptInvitationWithoutEmail(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addTenant("zoe", "zoe", "live")
	token := e.invite("zoe", "")
	accept := func(email, password string) error {
		_, err := e.accounts.AcceptInvitation(t.Context(), token, email, password, browser)
		return err
	}
	err := accept("zoe", "short")
	wantInvalid(t, err, account.FieldEmail, "Enter a valid email address, such as jane@example.com.")
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 2 {
		t.Errorf("the password is not refused as well: %v", err)
	}
	var conflict *account.ConflictError
	if err := accept("alice@EXAMPLE.org", newPassword); !errors.As(err, &conflict) || conflict.Field != account.FieldEmail {
		t.Errorf("an address of another account: got %v, want a ConflictError", err)
	}
	if err := accept(" zoe@example.org ", newPassword); err != nil {
		t.Fatal(err)
	}
	user, err := e.accounts.User(t.Context(), "zoe")
	if err != nil || user.Email != "zoe@example.org" || !user.ConfirmedAt.IsZero() {
		t.Errorf("the account is %+v, %v", user, err)
	}
	e.wantMails("confirm zoe")
}

func TestInvalidInvitations(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addTenant("zoe", "zoe", "live")
	token := e.invite("zoe", "zoe@example.org")
	want := func(name, token string) {
		t.Helper()
		_, err := e.accounts.Invitation(t.Context(), token)
		if _, acceptErr := e.accounts.AcceptInvitation(t.Context(), token, "", newPassword, browser); !errors.Is(err, account.ErrNotFound) || !errors.Is(acceptErr, account.ErrNotFound) {
			t.Errorf("%s: got %v and %v, want ErrNotFound", name, err, acceptErr)
		}
	}
	want("unknown", "x")
	e.blogs.owners["zoe"] = [2]string{"carol", "zoe@example.org"}
	want("another owner", token)
	e.blogs.owners["zoe"] = [2]string{"zoe", "zoe@example.com"}
	want("another address", token)
	delete(e.blogs.owners, "zoe")
	want("no owner", token)
	e.blogs.owners["zoe"] = [2]string{"zoe", "zoe@example.org"}
	if _, err := e.accounts.Invitation(t.Context(), token); err != nil {
		t.Errorf("the owner is back: %v", err)
	}
	e.addUser("zoe")
	if _, err := e.accounts.AcceptInvitation(t.Context(), token, "", newPassword, browser); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the owner has an account by now: got %v, want ErrNotFound", err)
	}
	e.pass(7 * 24 * time.Hour)
	if _, err := e.accounts.Invitation(t.Context(), token); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("expired: got %v, want ErrNotFound", err)
	}
}
