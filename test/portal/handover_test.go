package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/stack"
)

const (
	aliceHost   = "alice." + stack.Domain
	aliceCustom = "www.alice.org"
)

// withCustomDomain gives alice's blog a host of her own.
func withCustomDomain(t *v1alpha1.Tenant) {
	t.Spec.CustomDomains = []v1alpha1.CustomDomain{aliceCustom}
}

// step returns the answer to a request itself, without following where it leads.
func (v *visitor) step(path string) page {
	v.t.Helper()
	follow := v.client.CheckRedirect
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { v.client.CheckRedirect = follow }()
	return v.get(path)
}

// leads fails the test unless the page leads elsewhere, and returns where.
func (p page) leads(t *testing.T, prefix string) string {
	t.Helper()
	to := p.Header.Get("Location")
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		t.Fatalf("%s answers %d and leads to %q, want 303 to %s…:\n%s", p.URL, p.Status, to, prefix, p.Body)
	}
	return to
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice", withCustomDomain)
	addAccount(t, p, "bob")

	for _, host := range []string{aliceHost, aliceCustom} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			v := newVisitor(t, site)
			v.findBlogs(p, aliceHost, aliceCustom)
			// Everything is on the way: from the foot of a page to the login, and with the password back to the blog.
			v.get("http://"+host+"/").want(t, http.StatusOK, `<a href="/login/?next=/write/" rel="nofollow">Write</a>`)
			form := v.get("http://"+host+"/login/?next=/write/").want(t, http.StatusOK, "Log in", `name="next"`)
			if policy := form.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http://"+host+";") {
				t.Errorf("browsers would stop the login form from leading to the blog: %s", policy)
			}
			next := form.URL.Query().Get("next")
			v.submit("/login/", "username", "alice", "password", secret, "next", next).want(t, http.StatusOK, "alice", "Log out")
			// The second time there is nothing to ask.
			v.step("http://"+host+"/login/?next=/write/new/").leads(t, "/write/new/")

			// Logging out of the public site ends it.
			v.submit("/logout/").want(t, http.StatusOK)
			v.step("http://"+host+"/login/?next=/write/").leads(t, "http://"+stack.Domain+"/authorize/?")
		})
	}
	t.Run("log out of the blog", func(t *testing.T) {
		t.Parallel()
		v := logIn(t, site, "alice", secret)
		v.findBlogs(p, aliceHost, aliceCustom)
		v.get("http://"+aliceHost+"/login/").want(t, http.StatusOK, "Log out")
		v.get("http://"+aliceCustom+"/login/").want(t, http.StatusOK, "Log out")
		v.get("http://"+aliceHost+"/logout/").want(t, http.StatusOK, "You are logged in here as alice")
		v.submit("http://" + aliceHost + "/logout/")
		v.step("http://"+aliceHost+"/login/").leads(t, "http://"+stack.Domain+"/authorize/?")
		v.step("http://"+aliceCustom+"/login/").leads(t, "/write/")
		v.get("/").want(t, http.StatusOK, "Welcome, alice")
	})
	t.Run("somebody else's blog", func(t *testing.T) {
		t.Parallel()
		v := logIn(t, site, "bob", secret)
		v.findBlogs(p, aliceHost)
		v.get("http://"+aliceHost+"/login/").want(t, http.StatusForbidden, "This blog is somebody else", "You are logged in as bob", `href="/logout/"`)
	})
}

func TestHandOverRefuses(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice", withCustomDomain)
	addAccount(t, p, "bob")
	visit := func() *visitor {
		v := logIn(t, site, "alice", secret)
		v.findBlogs(p, aliceHost, aliceCustom, "bob."+stack.Domain)
		return v
	}
	// ask goes through a login until the blog is to redeem a code.
	ask := func(v *visitor) string {
		authorize := v.step("http://"+aliceHost+"/login/").leads(t, "http://"+stack.Domain+"/authorize/?")
		answer := v.step(authorize)
		if policy := answer.Header.Get("Referrer-Policy"); policy != "no-referrer" {
			t.Errorf("Referrer-Policy %q beside a code", policy)
		}
		return answer.leads(t, "http://"+aliceHost+"/login/callback?")
	}
	refused := func(v *visitor, callback string) {
		t.Helper()
		v.step(callback).want(t, http.StatusForbidden, "This login came to nothing", `href="/login/?next=`)
	}

	v := visit()
	callback := ask(v)
	v.step(callback).leads(t, "/write/")
	refused(v, callback) // the second time

	v = visit()
	callback = ask(v)
	refused(visit(), callback) // in a browser that has no cookie for it
	other := visit()
	ask(other)
	refused(other, callback) // or another one
	onCustom := strings.Replace(callback, aliceHost, aliceCustom, 1)
	v.step("http://" + aliceCustom + "/login/")
	refused(v, onCustom)
	refused(v, strings.Replace(callback, aliceHost, "bob."+stack.Domain, 1))
	v.step(callback).leads(t, "/write/")

	v = visit()
	callback = ask(v)
	p.Exec(`UPDATE public.login_codes SET expires_at = expires_at - interval '61 seconds'`)
	refused(v, callback)

	// Nothing leads to another site, and codes are made for blogs only.
	for _, next := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"} {
		authorize := v.step("http://"+aliceHost+"/login/?next="+url.QueryEscape(next)).leads(t, "http://"+stack.Domain+"/authorize/?")
		callback := v.step(authorize).leads(t, "http://"+aliceHost+"/login/callback?")
		v.step(callback).leads(t, "/write/")
		v.submit("http://" + aliceHost + "/logout/")
	}
	challenge := strings.Repeat("A", 43)
	for _, query := range []string{
		"", "host=evil.example&challenge=" + challenge, "host=" + stack.Domain + "&challenge=" + challenge, "host=" + aliceHost,
		"host=" + aliceHost + "&challenge=short", "host=" + aliceHost + ":80&challenge=" + challenge[1:],
		"host=%0d%0a&challenge=" + challenge,
	} {
		v.get("/authorize/?"+query).want(t, http.StatusNotFound, "There is no blog to log in to")
	}
	if policy := newVisitor(t, site).get("/login/?next=" + url.QueryEscape("/authorize/?host=evil.example")).Header.Get("Content-Security-Policy"); strings.Contains(policy, "evil") {
		t.Errorf("a form may lead to any host: %s", policy)
	}
}
