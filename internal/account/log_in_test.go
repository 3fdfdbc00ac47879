package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/account"
)

var browser = account.Browser{Address: "192.0.2.1", UserAgent: "Firefox"}

func TestLogIn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	e.addUser("eve", func(u *account.User) { u.Role = account.Staff }) // staff need no blog
	for _, login := range []string{"alice", "Alice", " ALICE@example.org ", "eve"} {
		if _, err := e.accounts.LogIn(t.Context(), login, password, browser); err != nil {
			t.Errorf("log in as %q: %v", login, err)
		}
	}
	token, session, user := e.logIn("alice")
	want := account.Session{
		ID: session.ID, CreatedAt: e.clock(), SeenAt: e.clock(), ExpiresAt: e.clock().Add(account.SessionLife), Address: "192.0.2.1", UserAgent: "Firefox",
	}
	if diff := cmp.Diff(want, session); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(alice, user); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}

	// The session that the browser had before ends.
	again, err := e.accounts.LogIn(t.Context(), "alice", password, account.Browser{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	e.wantEnded(token)
	e.wantAlive(again)
}

// Whether there is an account makes no difference: neither in the error, nor in the work.
func TestLogInDoesNotRevealAccounts(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addUser("jane", func(u *account.User) { u.PasswordHash = "" }) // has not chosen a password yet
	var messages []string
	for _, login := range []string{"alice", "jane", "nobody", "nobody@example.org", strings.Repeat("x", 100_000)} {
		_, err := e.accounts.LogIn(t.Context(), login, "not the password", browser)
		if !errors.Is(err, account.ErrWrongPassword) {
			t.Errorf("log in as %.10s: got %v, want ErrWrongPassword", login, err)
			continue
		}
		messages = append(messages, err.Error())
	}
	if len(slices.Compact(messages)) != 1 {
		t.Errorf("the errors differ: %q", messages)
	}
	if want := []string{"plain:" + password, "", "", "", ""}; !slices.Equal(e.hasher.verified, want) {
		t.Errorf("passwords were compared with %q, want %q", e.hasher.verified, want)
	}
	if n := e.count(`SELECT count(*) FROM public.attempts WHERE kind = 'login-account'`); n != 5 {
		t.Errorf("%d logins were counted, want 5", n)
	}
}

func TestLogInRefusals(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("registering", func(u *account.User) { u.State = account.Registering })
	waiting := e.addUser("unconfirmed", func(u *account.User) { u.State = account.Registering })
	e.exec(`INSERT INTO public.registrations (id, user_id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES (gen_random_uuid(), $1, 'unconfirmed', 'confirming', '', '', now(), now(), now())`, waiting.ID)
	e.addAuthor("locked", func(u *account.User) { u.State = account.Locked })
	e.addUser("released")
	e.addTenant("releaseds", "released", "released")
	e.addUser("pending")
	e.blogs.cached = []string{"pending"}
	e.addUser("orphaned")
	for name, want := range map[string]account.RefusedError{
		"registering": {Refusal: account.RefusedRegistering},
		"unconfirmed": {Refusal: account.RefusedUnconfirmed},
		"locked":      {Refusal: account.RefusedLocked},
		"released":    {Refusal: account.RefusedOrphaned},
		"pending":     {Refusal: account.RefusedPending},
		"orphaned":    {Refusal: account.RefusedOrphaned},
	} {
		_, err := e.accounts.LogIn(t.Context(), name, password, browser)
		var refused *account.RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: got %v, want a RefusedError", name, err)
			continue
		}
		user, err := e.accounts.User(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		want.UserID = user.ID
		if diff := cmp.Diff(want, *refused); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		// The refusal is only shown with the right password.
		if _, err := e.accounts.LogIn(t.Context(), name, "not the password", browser); !errors.Is(err, account.ErrWrongPassword) {
			t.Errorf("%s with a wrong password: %v", name, err)
		}
	}
	e.blogs.err = errors.New("the API server is unavailable")
	if _, err := e.accounts.LogIn(t.Context(), "orphaned", password, browser); !errors.Is(err, e.blogs.err) {
		t.Errorf("while the cache fails: got %v, want its error", err)
	}
	if n := e.count(`SELECT count(*) FROM public.sessions`); n != 0 {
		t.Errorf("%d sessions were started", n)
	}
}

// A user logs in while the data of a deleted blog is retained, to restore it or to ask for it, and not afterwards.
func TestLogInWithADeletedBlog(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, state := range []string{"tombstone", "superseded"} {
		e.addUser(state)
		e.addTenant(state+"s", state, state)
		token, err := e.accounts.LogIn(t.Context(), state, password, browser)
		if err != nil {
			t.Errorf("%s: %v", state, err)
			continue
		}
		if _, _, err := e.accounts.Authenticate(t.Context(), token); err != nil {
			t.Errorf("%s: the session: %v", state, err)
		}
		e.exec(`UPDATE public.tenants SET state = 'released' WHERE owner = $1`, state)
		if _, _, err := e.accounts.Authenticate(t.Context(), token); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: the session after the purge: %v", state, err)
		}
	}
}

// Four attempts at an account are free. Then each waits twice as long, whatever the password, until the right one.
func TestLoginsAreLimitedByAccount(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addAuthor("bob")
	try := func(name, password string) error {
		_, err := e.accounts.LogIn(t.Context(), name, password, browser)
		return err
	}
	for range 4 {
		if err := try("alice", "wrong"); !errors.Is(err, account.ErrWrongPassword) {
			t.Fatal(err)
		}
	}
	for _, want := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		if wait := waitOf(try("alice", password)); wait != want {
			t.Fatalf("the attempt has to wait %s, want %s", wait, want)
		}
		e.pass(want)
		if err := try("alice", "wrong"); !errors.Is(err, account.ErrWrongPassword) {
			t.Fatal(err)
		}
	}
	if err := try("bob", password); err != nil {
		t.Errorf("another user at the same address: %v", err)
	}
	e.pass(80 * time.Minute)
	if err := try("alice", password); err != nil {
		t.Errorf("the right password in time: %v", err)
	}
	for range 4 {
		if err := try("alice", "wrong"); !errors.Is(err, account.ErrWrongPassword) {
			t.Errorf("after a login attempts are free again: %v", err)
		}
	}
}

func TestLoginsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	for i := range 40 {
		if _, err := e.accounts.LogIn(t.Context(), fmt.Sprintf("user-%d", i), "wrong", browser); !errors.Is(err, account.ErrWrongPassword) {
			t.Fatal(err)
		}
		if i == 20 { // a successful login is not counted
			e.logIn("alice")
		}
	}
	if _, err := e.accounts.LogIn(t.Context(), "alice", password, browser); waitOf(err) != 10*time.Minute {
		t.Errorf("got %v, want a wait of 10 minutes", err)
	}
	if _, err := e.accounts.LogIn(t.Context(), "alice", password, account.Browser{Address: "192.0.2.2"}); err != nil {
		t.Errorf("from another address: %v", err)
	}
}

// Strangers who guess the password of an account lock out neither its owner elsewhere, nor a browser that the account knows.
func TestLoginsByStrangers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	home, work := account.Browser{Address: "192.0.2.1", ID: "at home"}, account.Browser{Address: "192.0.2.2", ID: "at work"}
	logIn := func(b account.Browser, password string) error {
		t.Helper()
		_, err := e.accounts.LogIn(t.Context(), "alice", password, b)
		return err
	}
	wrong := func(b account.Browser) {
		t.Helper()
		if err := logIn(b, "wrong"); !errors.Is(err, account.ErrWrongPassword) {
			t.Errorf("%+v: %v", b, err)
		}
	}
	if err := logIn(home, password); err != nil {
		t.Fatal(err)
	}
	stranger := account.Browser{Address: "198.51.100.1"}
	for range 4 {
		wrong(stranger)
	}
	if wait := waitOf(logIn(stranger, password)); wait != 10*time.Minute {
		t.Errorf("the stranger has to wait %s, want 10 minutes", wait)
	}
	if err := logIn(work, password); err != nil {
		t.Errorf("the owner in another network: %v", err)
	}

	// From many networks together there are 50 attempts.
	for i := range 46 {
		wrong(account.Browser{Address: fmt.Sprintf("203.0.113.%d", i/4)})
	}
	elsewhere := account.Browser{Address: "192.0.2.3", ID: "elsewhere"}
	if wait := waitOf(logIn(elsewhere, password)); wait != 10*time.Minute {
		t.Errorf("another browser has to wait %s, want 10 minutes", wait)
	}
	// An ID that the account does not know is no way around it, nor is one that another account knows.
	e.addAuthor("bob")
	if _, err := e.accounts.LogIn(t.Context(), "bob", password, elsewhere); err != nil {
		t.Error(err)
	}
	for _, b := range []account.Browser{elsewhere, {Address: "192.0.2.4", ID: strings.Repeat("x", 1000)}} {
		if wait := waitOf(logIn(b, password)); wait != 10*time.Minute {
			t.Errorf("%.20s has to wait %s, want 10 minutes", b.ID, wait)
		}
	}
	// Known browsers log in, also from the network of the stranger.
	for _, b := range []account.Browser{home, work, {Address: stranger.Address, ID: home.ID}} {
		if err := logIn(b, password); err != nil {
			t.Errorf("a known browser: %v", err)
		}
	}

	// A known browser has a limit of its own, which it does not share with others.
	for range 10 {
		wrong(home)
	}
	if wait := waitOf(logIn(home, password)); wait != time.Minute {
		t.Errorf("the browser at home has to wait %s, want a minute", wait)
	}
	if err := logIn(work, password); err != nil {
		t.Errorf("the other known browser: %v", err)
	}

	// A reset makes the browser known in which it happened, and all others unknown.
	token, err := e.accounts.ResetToken(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.accounts.ResetPassword(t.Context(), token, newPassword, elsewhere); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		wrong(account.Browser{Address: fmt.Sprintf("198.51.100.%d", 10+i/4)})
	}
	if err := logIn(elsewhere, newPassword); err != nil {
		t.Errorf("after a reset: %v", err)
	}
	if waitOf(logIn(work, newPassword)) == 0 {
		t.Error("after a reset the browser at work is still known")
	}

	// It is known for 180 days after its last login.
	e.pass(account.BrowserLife)
	if err := e.accounts.DeleteExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`SELECT count(*) FROM public.known_browsers`); n != 0 {
		t.Errorf("%d browsers are known", n)
	}
}

// Concurrent attempts cannot bypass the limit.
func TestConcurrentLogins(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	var running sync.WaitGroup
	for range 30 {
		running.Go(func() {
			_, err := e.accounts.LogIn(t.Context(), "alice", "wrong", browser)
			if !errors.Is(err, account.ErrWrongPassword) && waitOf(err) == 0 {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if n := len(e.hasher.verified); n != 4 {
		t.Errorf("%d passwords were compared, want 4", n)
	}
}
