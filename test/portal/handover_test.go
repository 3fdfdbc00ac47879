package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
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
		v.get("http://"+aliceHost+"/logout/").want(t, http.StatusOK, "You are logged in as alice. This ends your session on this blog.")
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
		v.step(callback).want(t, http.StatusForbidden, "Login failed", `href="/login/?next=`)
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

// Whoever has a blog writes there, and readers see it: on both of its hosts, until the Tenant names another owner.
func TestOwnerWrites(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice", withCustomDomain)
	addAccount(t, p, "bob")
	reader, alice, bob := newVisitor(t, site), logIn(t, site, "alice", secret), logIn(t, site, "bob", secret)
	for _, v := range []*visitor{reader, alice, bob} {
		v.findBlogs(p, aliceHost, aliceCustom)
	}
	const blog = "http://" + aliceHost
	draft := alice.get(blog+"/login/?next=/write/new/").want(t, http.StatusOK, "New post")
	alice.submit(blog+"/write/new/", append(version(draft), "title", "First light", "content", "It *works*.", "action", "save")...).want(t, http.StatusOK, "Saved.", "Draft")
	for _, path := range []string{"/", "/feed.xml"} {
		if page := reader.get(blog+path).want(t, http.StatusOK); strings.Contains(page.Body, "First light") {
			t.Errorf("readers see a draft at %s:\n%s", path, page.Body)
		}
	}
	reader.get(blog+"/first-light/").want(t, http.StatusNotFound)
	alice.get("http://"+aliceCustom+"/login/").want(t, http.StatusOK, "First light", "Draft")
	form := alice.get("http://"+aliceCustom+"/write/first-light/").want(t, http.StatusOK)
	alice.submit("http://"+aliceCustom+"/write/first-light/", append(version(form), "title", "First light", "slug", "first-light", "content", "It *works*.", "action", "publish")...).
		want(t, http.StatusOK, "Published. Readers can see it now.")
	for _, path := range []string{blog + "/", blog + "/feed.xml", blog + "/first-light/", "http://" + aliceCustom + "/first-light/"} {
		reader.get(path).want(t, http.StatusOK, "First light")
	}

	// Another account of the platform gets nowhere, with or without the form's secrets.
	bob.get(blog+"/write/").want(t, http.StatusForbidden, "This blog is somebody else")
	form = alice.get(blog+"/write/first-light/").want(t, http.StatusOK)
	theft := append(version(form), "title", "Stolen", "slug", "first-light", "content", "Stolen.", "action", "save")
	bob.submit(blog+"/write/first-light/", theft...).want(t, http.StatusForbidden, "You have been logged out, and nothing was saved.")
	// Nor does a page of another blog in alice's own browser, here or on the public site.
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://bob." + stack.Domain}},
		{"Origin": {"http://bob." + stack.Domain}},
	} {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, address := range []string{blog + "/write/first-light/", blog + "/write/first-light/delete/", blog + "/logout/", "/logout/"} {
			alice.do(http.MethodPost, address, strings.NewReader(url.Values{"title": {"Stolen"}}.Encode()), header).
				want(t, http.StatusForbidden, "This form came from another site")
		}
	}
	reader.get(blog+"/first-light/").want(t, http.StatusOK, "It <em>works</em>.")

	err := p.Edit(t.Context(), "alice", func(t *v1alpha1.Tenant) {
		t.Spec.Owner = &v1alpha1.TenantOwner{Username: "bob", Email: "bob@example.org"}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Wait("the blog is bob's", func(context.Context) error {
		if page := bob.get(blog + "/write/"); page.Status != http.StatusOK {
			return fmt.Errorf("he reads %s", page.Body)
		}
		return nil
	})
	alice.submit(blog+"/write/first-light/", append(version(form), "title", "Mine", "slug", "first-light", "content", "Still mine.", "action", "save")...).
		want(t, http.StatusForbidden, "You have been logged out, and nothing was saved.", "Still mine.")
	reader.get(blog+"/first-light/").want(t, http.StatusOK, "It <em>works</em>.")
}

func TestOwnerOfAPausedBlog(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	for name, test := range map[string]struct {
		pause    func(*v1alpha1.Tenant)
		readers  int
		sentence string
	}{
		"grace":     {func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = v1alpha1.NewDate(time.Now().AddDate(0, 0, -2)) }, http.StatusOK, "Your plan ended on"},
		"suspended": {func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) }, http.StatusPaymentRequired, "This blog is suspended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addAccount(t, p, name)
			blog := "http://" + name + "." + stack.Domain
			v := logIn(t, site, name, secret)
			v.findBlogs(p, name+"."+stack.Domain)
			form := v.get(blog+"/login/?next=/write/new/").want(t, http.StatusOK)
			v.submit(blog+"/write/new/", append(version(form), "title", "Before", "content", "Text.", "action", "publish")...).want(t, http.StatusOK)
			if err := p.Edit(t.Context(), name, test.pause); err != nil {
				t.Fatal(err)
			}
			p.Wait("the owner reads that nothing can be changed", func(context.Context) error {
				if page := v.get(blog + "/write/"); !strings.Contains(page.Body, test.sentence) {
					return fmt.Errorf("the page says %s", page.Body)
				}
				return nil
			})
			v.get(blog+"/before/").want(t, test.readers)
			v.submit(blog+"/write/new/", append(version(form), "title", "After", "content", "Late words.", "action", "publish")...).
				want(t, http.StatusForbidden, test.sentence, "Late words.")
			if exported := v.get(blog+"/write/export.zip").want(t, http.StatusOK); exported.Header.Get("Content-Type") != "application/zip" {
				t.Errorf("the export is %s", exported.Header.Get("Content-Type"))
			}
			// Who comes anew gets as far.
			again := logIn(t, site, name, secret)
			again.findBlogs(p, name+"."+stack.Domain)
			again.get(blog+"/login/").want(t, http.StatusOK, "Before", test.sentence)
		})
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// version returns the hidden fields of a form, as submit takes them.
func version(form page) []string {
	var fields []string
	for _, match := range hiddenField.FindAllStringSubmatch(form.Body, -1) {
		fields = append(fields, match[1], match[2])
	}
	return fields
}
