package blog_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// owned is a tenant that belongs to the user of its name.
func owned(name string) tenancy.Spec {
	s := spec(name)
	s.Owner = name
	return s
}

// browser is one that keeps cookies of one host.
type browser struct {
	*platform
	host    string
	cookies map[string]string
}

func (p *platform) browser(host string) *browser {
	return &browser{p, host, map[string]string{}}
}

// logIn makes a user with a session on the public site, and hands it over to a host of the blog of that name.
func (p *platform) logIn(username, host string) *browser {
	p.t.Helper()
	b := p.browser(host)
	b.redeem(p.code(username, host, b.challenge()), http.StatusSeeOther)
	return b
}

// challenge begins a login and returns what the blog asks the public site by.
func (b *browser) challenge() string {
	b.t.Helper()
	to, err := url.Parse(b.open("/login/").header.Get("Location"))
	if err != nil || to.Path != "/authorize/" {
		b.t.Fatalf("/login/ leads to %s, %v", to, err)
	}
	return to.Query().Get("challenge")
}

func (b *browser) redeem(code string, status int) answer {
	b.t.Helper()
	got := b.open("/login/callback?next=/write/&code=" + code)
	if got.status != status {
		b.t.Fatalf("the login ends with %d, want %d:\n%s", got.status, status, got.body)
	}
	return got
}

// code does what the public site does.
func (p *platform) code(username, host, challenge string) string {
	p.t.Helper()
	ctx, now := p.t.Context(), p.clock.Now()
	user, err := account.FindUser(ctx, p.operator, username)
	if err != nil {
		user = account.User{Username: username, Email: username + "@example.org", Role: account.Author, State: account.Active, CreatedAt: now}
		if user.ID, err = account.InsertUser(ctx, p.operator, user); err != nil {
			p.t.Fatal(err)
		}
	}
	token, err := account.StartSession(ctx, p.operator, user.ID, "", "", now)
	if err != nil {
		p.t.Fatal(err)
	}
	session, _, err := account.FindSession(ctx, p.operator, token, now)
	if err != nil {
		p.t.Fatal(err)
	}
	tenant, err := p.store.FindByHost(ctx, host)
	if err != nil {
		p.t.Fatal(err)
	}
	code, err := account.IssueLoginCode(ctx, p.operator, account.LoginCode{
		SessionID: session.ID, TenantID: tenant.ID, Username: username, Host: host, Challenge: challenge,
	}, now)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// open asks for a page of the browser's host.
func (b *browser) open(path string) answer {
	b.t.Helper()
	return b.ask(http.MethodGet, path, nil, nil)
}

// submit sends a form as browsers do. Fields are names and values in turn.
func (b *browser) submit(path string, fields ...string) answer {
	b.t.Helper()
	return b.ask(http.MethodPost, path, strings.NewReader(encode(fields)), http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

func encode(fields []string) string {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form.Encode()
}

func (b *browser) ask(method, path string, body io.Reader, header http.Header) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+b.address+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	request.Host = b.host
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		request.Header[name] = values
	}
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		b.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

// wantSeeOther fails the test unless the answer leads elsewhere.
func (a answer) wantSeeOther(t *testing.T, to string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		t.Fatalf("status %d to %q, want 303 to %q:\n%s", a.status, a.header.Get("Location"), to, a.body)
	}
}

func TestLoginLeadsToThePublicSite(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := owned("alice")
	alice.CustomHosts = []string{"www.alice.org"}
	p.create(alice)
	p.create(owned("bob"))

	b := p.browser("www.alice.org:8000")
	got := b.open("/login/?next=/write/new/")
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusSeeOther || to.Scheme+"://"+to.Host+to.Path != "http://localhost:8000/authorize/" ||
		to.Query().Get("host") != "www.alice.org" || to.Query().Get("next") != "/write/new/" ||
		to.Query().Get("challenge") != account.Challenge(b.cookies["verifier"]) {
		t.Errorf("/login/ leads to %s with cookies %v", to, b.cookies)
	}
	cookie := got.header.Get("Set-Cookie")
	if !strings.HasSuffix(cookie, "; Path=/; Max-Age=600; HttpOnly; SameSite=Lax") {
		t.Errorf("the cookie of a login: %s", cookie)
	}

	// What was handed over is of use here alone.
	session := p.logIn("alice", "www.alice.org").cookies["session"]
	for _, host := range []string{"alice.example.com", "bob.example.com"} {
		other := p.browser(host)
		other.cookies["session"] = session
		other.open("/write/").wantSeeOther(t, "/login/?next=%2Fwrite%2F")
	}
	p.do(http.MethodGet, "bob.example.com", "/register", nil).wantRedirect(t, "/register/")
	p.get("bob.example.com", "/register/").wantSeeOther(t, "http://localhost:8000/register/")
}

func TestOwnersCookiesAndHeadersBehindTLS(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	if got := p.get("alice.example.com", "/").header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("Strict-Transport-Security without TLS: %s", got)
	}
	p.install("https://example.com")
	p.waitFor("alice.example.com", "/", http.StatusOK)
	p.wait("the public site is behind TLS", func() error {
		if p.get("alice.example.com", "/").header.Get("Strict-Transport-Security") == "" {
			return io.EOF
		}
		return nil
	})
	b := p.logIn("alice", "alice.example.com")
	if b.cookies["__Host-session"] == "" {
		t.Errorf("cookies %v", b.cookies)
	}
	cookie := p.browser("alice.example.com").open("/login/").header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-verifier=") || !strings.HasSuffix(cookie, "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("the cookie of a login: %s", cookie)
	}
	b.open("/write/").want(t, http.StatusOK, "alice", "New post")
}

// Pages for readers are the same for everybody, so that they can be kept, and compared by their tag.
func TestReadersPagesDoNotDiffer(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(owned("alice"))
	b := p.logIn("alice", "alice.example.com")
	b.submit("/write/new/", "title", "Hello", "content", "World", "action", "publish").wantSeeOther(t, "/write/hello/?done=published")
	for _, path := range []string{"/", "/hello/", "/feed.xml"} {
		reader, owner := p.get("alice.example.com", path), b.open(path)
		if reader.body != owner.body || reader.header.Get("Etag") != owner.header.Get("Etag") || owner.header.Get("Set-Cookie") != "" {
			t.Errorf("%s differs for its owner:\n%s", path, owner.body)
		}
	}
}

// Even with the verifier, a code is of use once, for a minute, at the host of the blog that it was made for.
func TestCodesAreOfUseOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := owned("alice")
	alice.CustomHosts = []string{"www.alice.org"}
	p.create(alice)
	p.create(owned("bob"))
	b := p.browser("alice.example.com")
	code := p.code("alice", b.host, b.challenge())
	verifier := b.cookies["verifier"]
	for _, host := range []string{"www.alice.org", "bob.example.com"} {
		other := p.browser(host)
		other.cookies["verifier"] = verifier
		other.redeem(code, http.StatusForbidden)
	}
	stranger := p.browser(b.host)
	stranger.redeem(code, http.StatusForbidden)
	stranger.challenge()
	stranger.redeem(code, http.StatusForbidden)

	b.redeem(code, http.StatusSeeOther)
	if b.cookies["verifier"] != "" {
		t.Errorf("the cookie of the login stays: %v", b.cookies)
	}
	b.cookies["verifier"] = verifier
	b.redeem(code, http.StatusForbidden)

	late := p.browser("alice.example.com")
	code = p.code("alice", late.host, late.challenge())
	p.pass(time.Minute)
	late.redeem(code, http.StatusForbidden)
}
