package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
)

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	used, _, user := e.logIn("alice")
	unused, _, _ := e.logIn("alice")
	e.pass(10 * 24 * time.Hour)
	if session, _, err := e.accounts.Authenticate(t.Context(), used); err != nil || session.SeenAt != e.clock() {
		t.Errorf("the use of a session was not recorded: %+v, %v", session, err)
	}
	e.pass(5 * 24 * time.Hour)
	e.wantEnded(unused)
	e.wantAlive(used)
	if sessions, err := e.accounts.Sessions(t.Context(), user.ID); err != nil || len(sessions) != 1 {
		t.Errorf("%d sessions are listed, %v", len(sessions), err)
	}
	if err := e.accounts.DeleteExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`SELECT count(*) FROM public.sessions`); n != 1 {
		t.Errorf("%d sessions are left, want 1", n)
	}
	e.wantEnded("")
	e.wantEnded("unknown")
}

// A session is valid only while its user may log in, and again afterwards.
func TestSessionsFollowTheUser(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	token, _, _ := e.logIn("alice")
	for _, change := range []struct{ away, back string }{
		{`UPDATE public.tenants SET state = 'released'`, `UPDATE public.tenants SET state = 'live'`},
		{`UPDATE public.tenants SET owner = 'bob'`, `UPDATE public.tenants SET owner = 'alice'`},
		{`UPDATE public.users SET state = 'registering'`, `UPDATE public.users SET state = 'active'`},
	} {
		e.exec(change.away)
		e.wantEnded(token)
		e.exec(change.back)
		e.wantAlive(token)
	}
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addAuthor("bob")
	here, session, alice := e.logIn("alice")
	phone, phoneSession, _ := e.logIn("alice")
	old, _, _ := e.logIn("alice")
	bobs, bobSession, _ := e.logIn("bob")

	end := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	end(e.accounts.EndSession(t.Context(), alice.ID, phoneSession.ID))
	e.wantEnded(phone)
	end(e.accounts.EndSession(t.Context(), alice.ID, phoneSession.ID))
	end(e.accounts.EndSession(t.Context(), alice.ID, bobSession.ID))
	e.wantAlive(bobs)
	e.wantAlive(old)
	end(e.accounts.EndSessions(t.Context(), alice.ID, session.ID))
	e.wantEnded(old)
	e.wantAlive(here)
	end(e.accounts.EndSessions(t.Context(), alice.ID, 0))
	e.wantEnded(here)
	e.wantAlive(bobs)
}

// Any User-Agent header can be stored.
func TestUserAgentIsStored(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice")
	for sent, want := range map[string]string{
		strings.Repeat("ü", 200):       strings.Repeat("ü", 150),
		"a" + strings.Repeat("ü", 200): "a" + strings.Repeat("ü", 149),
		"Fire\xfffox":                  "Firefox",
	} {
		token, err := e.accounts.StartSession(t.Context(), alice.ID, account.Browser{UserAgent: sent})
		if err != nil {
			t.Errorf("%q: %v", sent, err)
			continue
		}
		if session, _, err := e.accounts.Authenticate(t.Context(), token); err != nil || session.UserAgent != want {
			t.Errorf("%q is stored as %q, %v", sent, session.UserAgent, err)
		}
	}
}
