package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
)

// Right passwords are not limited by a rate: without another limit, one user could fill the database that all share.
func TestLoginsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addAuthor("alice")
	e.addAuthor("bob")
	bobs, _, _ := e.logIn("bob")
	browser := func(n int) account.Browser {
		return account.Browser{Address: "192.0.2.1", ID: fmt.Sprint("browser ", n)}
	}
	var tokens []string
	for n := range 105 {
		e.pass(time.Second)
		token, err := e.accounts.LogIn(t.Context(), "alice", password, browser(n))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	for table, want := range map[string]int{"sessions": 101, "known_browsers": 100} { // one session is Bob's
		if n := e.count(`SELECT count(*) FROM public.` + table); n != want {
			t.Errorf("public.%s has %d rows, want %d", table, n, want)
		}
	}
	e.wantEnded(tokens[4])
	e.wantAlive(tokens[5])
	e.wantAlive(tokens[104])
	e.wantAlive(bobs)
	for n, known := range map[int]bool{4: false, 104: true} {
		limit := 5 // of an unknown browser
		if known {
			limit = 10
		}
		for range limit {
			_, _ = e.accounts.LogIn(t.Context(), "alice", "a wrong password", browser(n))
		}
		if got := e.count(`SELECT count(*) FROM public.attempts WHERE kind = 'login-browser' AND count > 0`) == 1; got != known {
			t.Errorf("browser %d is known: %t, want %t", n, got, known)
		}
		e.exec(`DELETE FROM public.attempts`)
	}
}

func TestBlogLoginsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	var codes []string
	for range 25 {
		l.pass(time.Second)
		codes = append(codes, l.authorize())
	}
	if n := l.count(`SELECT count(*) FROM public.login_codes`); n != 20 {
		t.Errorf("%d codes are valid, want 20", n)
	}
	first, err := l.redeem(codes[24], verifier, l.tenantID, aliceHost)
	if err != nil {
		t.Fatalf("redeem the newest code: %v", err)
	}
	for n := range 100 {
		if _, err := l.find(first); err != nil {
			t.Fatalf("the session ended after %d others: %v", n, err)
		}
		l.pass(time.Second)
		if _, err := l.redeem(l.authorize(), verifier, l.tenantID, aliceHost); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.count(`SELECT count(*) FROM public.blog_sessions`); n != 100 {
		t.Errorf("the blog has %d sessions, want 100", n)
	}
	if _, err := l.find(first); err == nil {
		t.Error("the oldest session is still valid")
	}
	for range 5 { // a code that is not valid ends no session
		_, _ = l.redeem("x", verifier, l.tenantID, aliceHost)
	}
	if n := l.count(`SELECT count(*) FROM public.blog_sessions`); n != 100 {
		t.Errorf("the blog has %d sessions after invalid codes, want 100", n)
	}
}
