package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/account/blogsession"
)

const (
	aliceHost = "alice.example.com"
	verifier  = "what the browser keeps in a cookie"
)

// blogLogin is a user who has a session on the public site, and the ID of their tenant.
type blogLogin struct {
	*env
	session  account.Session
	user     account.User
	tenantID int64
}

func newBlogLogin(t *testing.T) *blogLogin {
	t.Helper()
	l := &blogLogin{env: newEnv(t)}
	l.addAuthor("alice")
	_, l.session, l.user = l.logIn("alice")
	l.tenantID = int64(l.count(`SELECT id FROM public.tenants WHERE name = 'alice'`))
	return l
}

func (l *blogLogin) authorize() string {
	l.t.Helper()
	code, _, err := l.accounts.AuthorizeBlog(l.t.Context(), &l.user, &l.session, aliceHost, blogsession.Challenge(verifier))
	if err != nil {
		l.t.Fatal(err)
	}
	return code
}

// redeem does what the blog does. It has the operator's role here, as the portal's may not start sessions on blogs.
func (l *blogLogin) redeem(code, verifier string, tenantID int64, host string) (string, error) {
	return blogsession.Redeem(l.t.Context(), l.operator, code, verifier, tenantID, host, l.clock())
}

func (l *blogLogin) find(token string) (string, error) {
	return blogsession.Find(l.t.Context(), l.operator, token, l.tenantID, aliceHost, l.clock())
}

func TestBlogLogin(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	code, blog, err := l.accounts.AuthorizeBlog(t.Context(), &l.user, &l.session, "ALICE.example.com.", blogsession.Challenge(verifier))
	if want := (account.Blog{TenantID: l.tenantID, Host: aliceHost, Title: "Blog of alice", Owner: "alice"}); err != nil || blog != want {
		t.Fatalf("got %+v, %v, want %+v", blog, err, want)
	}
	token, err := l.redeem(code, verifier, l.tenantID, aliceHost)
	if err != nil {
		t.Fatal(err)
	}
	if username, err := l.find(token); err != nil || username != "alice" {
		t.Errorf("the session is of %q, %v", username, err)
	}
	if _, err := blogsession.Find(t.Context(), l.operator, token, l.tenantID, "www.alice.org", l.clock()); !errors.Is(err, blogsession.ErrNotFound) {
		t.Errorf("at another host: %v", err)
	}
	if err := blogsession.End(t.Context(), l.operator, token, l.tenantID); err != nil {
		t.Error(err)
	}
	if _, err := l.find(token); !errors.Is(err, blogsession.ErrNotFound) {
		t.Errorf("after it was ended: %v", err)
	}
}

func TestAuthorizeBlogRefusals(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.addAuthor("bob")
	l.addTenant("nobodys", "", "live")
	l.addTenant("gone", "alice", "tombstone")
	l.exec(`INSERT INTO public.domains (host, tenant_id, is_primary, released_at) VALUES ('old.alice.org', $1, false, now())`, l.tenantID)
	valid := blogsession.Challenge(verifier)
	for name, c := range map[string]struct {
		host, challenge string
		notOwner        bool
	}{
		"no host":              {host: "", challenge: valid},
		"no host name":         {host: "alice.example.com/x", challenge: valid},
		"unknown":              {host: "nobody.example.com", challenge: valid},
		"deleted":              {host: "gone.example.com", challenge: valid},
		"released":             {host: "old.alice.org", challenge: valid},
		"no challenge":         {host: aliceHost},
		"an invalid challenge": {host: aliceHost, challenge: "x"},
		"another owner":        {host: "bob.example.com", challenge: valid, notOwner: true},
		"without an owner":     {host: "nobodys.example.com", challenge: valid, notOwner: true},
		"not base64":           {host: aliceHost, challenge: valid[:42] + "!"},
		"a longer challenge":   {host: aliceHost, challenge: valid + "AAAA"},
	} {
		code, _, err := l.accounts.AuthorizeBlog(t.Context(), &l.user, &l.session, c.host, c.challenge)
		var notOwner *account.NotOwnerError
		if code != "" || errors.As(err, &notOwner) != c.notOwner || errors.Is(err, account.ErrNotFound) == c.notOwner {
			t.Errorf("%s: got %q, %v", name, code, err)
		}
	}
	if n := l.count(`SELECT count(*) FROM public.login_codes`); n != 0 {
		t.Errorf("%d codes were issued", n)
	}
}

func TestRedeemLoginCodeRefusals(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	code := l.authorize()
	for name, redeem := range map[string]func() (string, error){
		"another verifier": func() (string, error) { return l.redeem(code, "x", l.tenantID, aliceHost) },
		"another tenant":   func() (string, error) { return l.redeem(code, verifier, l.tenantID+1, aliceHost) },
		"another host":     func() (string, error) { return l.redeem(code, verifier, l.tenantID, "www.alice.org") },
		"another code":     func() (string, error) { return l.redeem("x", verifier, l.tenantID, aliceHost) },
	} {
		if token, err := redeem(); token != "" || !errors.Is(err, blogsession.ErrNotFound) {
			t.Errorf("%s: got %q, %v, want ErrNotFound", name, token, err)
		}
	}
	l.pass(time.Minute)
	if _, err := l.redeem(code, verifier, l.tenantID, aliceHost); !errors.Is(err, blogsession.ErrNotFound) {
		t.Errorf("after a minute: got %v, want ErrNotFound", err)
	}
}

func TestConcurrentRedeems(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	code := l.authorize()
	oneWins(t, blogsession.ErrNotFound, func() error {
		_, err := l.redeem(code, verifier, l.tenantID, aliceHost)
		return err
	})
	if n := l.count(`SELECT count(*) FROM public.blog_sessions`); n != 1 {
		t.Errorf("%d sessions were started, want 1", n)
	}
}

// A session on a blog ends with the one that it came from, with the ownership of the blog, and with time.
func TestBlogSessionsEnd(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	start := func() string {
		t.Helper()
		token, err := l.redeem(l.authorize(), verifier, l.tenantID, aliceHost)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ended := func(why, token string) {
		t.Helper()
		if _, err := l.find(token); !errors.Is(err, blogsession.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", why, err)
		}
	}
	token := start()
	l.exec(`UPDATE public.tenants SET owner = 'bob'`)
	ended("another owner", token)
	l.exec(`UPDATE public.tenants SET owner = 'alice', state = 'tombstone'`)
	ended("a deleted tenant", token)
	l.exec(`UPDATE public.tenants SET state = 'live'`)
	if _, err := l.find(token); err != nil {
		t.Errorf("the owner is back: %v", err)
	}
	if err := l.accounts.EndSession(t.Context(), l.user.ID, l.session.ID); err != nil {
		t.Fatal(err)
	}
	ended("a logout on the public site", token)

	_, l.session, _ = l.logIn("alice")
	token = start()
	if err := l.accounts.Lock(t.Context(), "eve", "alice"); err != nil {
		t.Fatal(err)
	}
	ended("a locked account", token)
	if err := l.accounts.Unlock(t.Context(), "eve", "alice"); err != nil {
		t.Fatal(err)
	}
	_, l.session, _ = l.logIn("alice")
	token = start()
	l.pass(blogsession.Life)
	ended("time", token)
}

// The account of the owner's user name is not the owner if the Tenant means another person.
func TestNoBlogLoginForAnotherAddress(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.blogs.owners = map[string][2]string{"alice": {"alice", "real-alice@example.org"}}
	_, _, err := l.accounts.AuthorizeBlog(t.Context(), &l.user, &l.session, aliceHost, blogsession.Challenge(verifier))
	var notOwner *account.NotOwnerError
	if !errors.As(err, &notOwner) {
		t.Errorf("another account gets a code: %v", err)
	}
}
