package editor_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account/blogsession"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestLoginRedirectsToPublicSite(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Owned("alice")
	alice.CustomHosts, alice.Proofs = []string{"www.alice.org"}, map[string]tenancy.Proof{"www.alice.org": tenancy.ProofListed}
	p.Create(alice)
	p.Create(blogtest.Owned("bob"))

	b := p.Browser("www.alice.org:8000")
	got := b.Open("/login/?next=/write/new/")
	to, err := url.Parse(got.Header.Get("Location"))
	if err != nil || got.Status != http.StatusSeeOther || to.Scheme+"://"+to.Host+to.Path != "http://localhost:8000/authorize/" ||
		to.Query().Get("host") != "www.alice.org" || to.Query().Get("next") != "/write/new/" ||
		to.Query().Get("challenge") != blogsession.Challenge(b.Cookies["verifier"]) {
		t.Errorf("/login/ redirects to %s with cookies %v", to, b.Cookies)
	}
	cookie := got.Header.Get("Set-Cookie")
	if !strings.HasSuffix(cookie, "; Path=/; Max-Age=600; HttpOnly; SameSite=Lax") {
		t.Errorf("the cookie of the login: %s", cookie)
	}

	// The session is valid at this host only.
	session := p.LogIn("alice", "www.alice.org").Cookies["session"]
	for _, host := range []string{"alice.example.com", "bob.example.com"} {
		other := p.Browser(host)
		other.Cookies["session"] = session
		other.Open("/write/").WantSeeOther(t, "/login/?next=%2Fwrite%2F")
	}
	p.Do(http.MethodGet, "bob.example.com", "/register", nil).WantRedirect(t, "/register/")
	p.Get("bob.example.com", "/register/?code=x").WantSeeOther(t, "http://localhost:8000/register/?code=x")

	// Whatever a link asks for, a login leads back to this host.
	for _, next := range []string{"//evil.example/", "/%2fevil.example/..%2fwrite", "/..//evil.example/", "/%5cevil.example/"} {
		p.LogIn("bob", "bob.example.com").Open("/login/?next="+url.QueryEscape(next)).WantSeeOther(t, "/write/")
	}
}

// The public site opens the editor with a text in the fragment of the address. Browsers keep it through redirects that have none
// (RFC 9110, section 10.2.2).
func TestLoginKeepsFragments(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.Browser("alice.example.com")
	first := b.Open("/login/?next=/write/new/").Header.Get("Location")
	second := b.Open("/login/callback?next=/write/new/&code=" + p.LoginCode("alice", b.Host, b.Challenge())).Header.Get("Location")
	third := b.Open("/login/?next=/write/new/").Header.Get("Location")
	if first == "" || second != "/write/new/" || third != "/write/new/" || strings.Contains(first+second+third, "#") {
		t.Errorf("a login leads to %q and %q, and a second one to %q", first, second, third)
	}
	page := b.Open("/write/new/")
	page.Want(t, http.StatusOK, "alice")
	_, after, _ := strings.Cut(page.Body, `data-handover="`)
	address, _, _ := strings.Cut(after, `"`)
	if script := b.Open(address); script.Status != http.StatusOK || !strings.HasPrefix(script.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("the script %q answers %d, %v", address, script.Status, script.Header)
	}
}

func TestCookiesAndHeadersOverTLS(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	if got := p.Get("alice.example.com", "/").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("Strict-Transport-Security without TLS: %s", got)
	}
	p.Install("https://example.com")
	p.WaitFor("alice.example.com", "/", http.StatusOK)
	p.Wait("the public site uses TLS", func() error {
		if p.Get("alice.example.com", "/").Header.Get("Strict-Transport-Security") == "" {
			return io.EOF
		}
		return nil
	})
	b := p.LogIn("alice", "alice.example.com")
	if b.Cookies["__Host-session"] == "" {
		t.Errorf("cookies %v", b.Cookies)
	}
	cookie := p.Browser("alice.example.com").Open("/login/").Header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-verifier=") || !strings.HasSuffix(cookie, "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("the cookie of the login: %s", cookie)
	}
	b.Open("/write/").Want(t, http.StatusOK, "alice", "New post")
}

// With its verifier, a code is valid once, for a minute, at the host that it was issued for.
func TestLoginCodes(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Owned("alice")
	alice.CustomHosts, alice.Proofs = []string{"www.alice.org"}, map[string]tenancy.Proof{"www.alice.org": tenancy.ProofListed}
	p.Create(alice)
	p.Create(blogtest.Owned("bob"))
	b := p.Browser("alice.example.com")
	code := p.LoginCode("alice", b.Host, b.Challenge())
	verifier := b.Cookies["verifier"]
	for _, host := range []string{"www.alice.org", "bob.example.com"} {
		other := p.Browser(host)
		other.Cookies["verifier"] = verifier
		other.Redeem(code, http.StatusForbidden)
	}
	stranger := p.Browser(b.Host)
	stranger.Redeem(code, http.StatusForbidden)
	stranger.Challenge()
	stranger.Redeem(code, http.StatusForbidden)

	b.Redeem(code, http.StatusSeeOther)
	again := p.Browser(b.Host)
	again.Cookies["verifier"] = verifier
	again.Redeem(code, http.StatusForbidden)

	late := p.Browser("alice.example.com")
	code = p.LoginCode("alice", late.Host, late.Challenge())
	p.Advance(time.Minute)
	late.Redeem(code, http.StatusForbidden)
}

// Each of two tabs in which a login began arrives, and so does a second click.
func TestLoginInTwoTabs(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.Browser("alice.example.com")
	first, second := b.Challenge(), b.Challenge()
	firstCode := p.LoginCode("alice", b.Host, first)
	b.Redeem(firstCode, http.StatusSeeOther)
	b.Redeem(firstCode, http.StatusSeeOther)

	// A new login on the public site has ended the session that the first tab came from, and with it the one on the blog.
	p.Exec(`DELETE FROM public.blog_sessions`)
	b.Open("/write/").WantSeeOther(t, "/login/?next=%2Fwrite%2F")
	b.Redeem(p.LoginCode("alice", b.Host, second), http.StatusSeeOther)
	b.Open("/write/").Want(t, http.StatusOK, "alice", "New post")
	delete(b.Cookies, "verifier")
	b.Redeem("expired", http.StatusSeeOther).WantSeeOther(t, "/write/")
	delete(b.Cookies, "session")
	b.Redeem("expired", http.StatusForbidden)

	// A verifier that the blog did not make is replaced.
	b.Cookies["verifier"] = "guessed"
	b.Challenge()
	if b.Cookies["verifier"] == "guessed" {
		t.Error("the blog uses a verifier that it did not make")
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	old := p.LogIn("alice", "alice.example.com")
	p.Advance(blogsession.Life)
	old.Open("/write/").WantSeeOther(t, "/login/?next=%2Fwrite%2F")
	fresh := p.LogIn("alice", "alice.example.com")
	fresh.Open("/write/").Want(t, http.StatusOK, "alice")
	fresh.Submit("/logout/").WantSeeOther(t, "/")
	fresh.Open("/write/").WantSeeOther(t, "/login/?next=%2Fwrite%2F")
	fresh.Open("/logout/").WantSeeOther(t, "/")
}
