package member_test

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
	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

const (
	aliceHost   = "alice." + stack.Domain
	aliceCustom = "www.alice.org"
)

// withCustomDomain adds a custom domain to a blog.
func withCustomDomain(host string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{v1alpha1.CustomDomain(host)} }
}

// hostsOf returns the hosts of a blog on the site that tests share: the primary one, and a custom domain that needs no proof.
func hostsOf(name string) (primary, custom string) {
	return name + "." + stack.Domain, name + "." + portaltest.ListedDomain
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	p, site, _ := portaltest.SharedSiteWithDNS(t)
	alice, bob := portaltest.Name("alice"), portaltest.Name("bob")
	primary, custom := hostsOf(alice)
	portaltest.AddAccount(t, p, alice, withCustomDomain(custom))
	portaltest.AddAccount(t, p, bob)

	for _, host := range []string{primary, custom} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			v := portaltest.NewClient(t, site)
			v.RouteToBlog(p, primary, custom)
			// Strangers are not invited to write: no page links to the login, which returns to the blog.
			if page := v.Get("http://"+host+"/").Want(t, http.StatusOK); strings.Contains(page.Body, "/login/") || strings.Contains(page.Body, "Write") {
				t.Errorf("a stranger sees how to write:\n%s", page.Body)
			}
			form := v.Get("http://"+host+"/login/?next=/write/").Want(t, http.StatusOK, "<h1>Log in</h1>", `name="next"`)
			if policy := form.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http://"+host+";") {
				t.Errorf("browsers would stop the login form from leading to the blog: %s", policy)
			}
			next := form.URL.Query().Get("next")
			v.Submit("/login/", "username", alice, "password", portaltest.Password, "next", next).Want(t, http.StatusOK, "<h1>Posts</h1>", `<a href="/logout/">Log out</a>`)
			// From then on, every page leads to the editor and to the account.
			v.Get("http://"+host+"/").Want(t, http.StatusOK, `<a href="/write/new/">Write</a>`, `/account/`+alice+`/">Account</a>`)
			// The second login needs no input.
			v.Step("http://"+host+"/login/?next=/write/new/").LeadsTo(t, "/write/new/")

			// Logging out of the public site ends the session on the blog.
			v.Submit("/logout/").Want(t, http.StatusOK)
			if page := v.Get("http://"+host+"/").Want(t, http.StatusOK); strings.Contains(page.Body, "Write") {
				t.Errorf("after the logout, the page is\n%s", page.Body)
			}
			v.Step("http://"+host+"/login/?next=/write/").LeadsTo(t, "http://"+stack.Domain+"/authorize/?")
		})
	}
	t.Run("log out of the blog", func(t *testing.T) {
		t.Parallel()
		v := portaltest.LogIn(t, site, alice, portaltest.Password)
		v.RouteToBlog(p, primary, custom)
		v.Get("http://"+primary+"/login/").Want(t, http.StatusOK, `<a href="/logout/">Log out</a>`)
		v.Get("http://"+custom+"/login/").Want(t, http.StatusOK, `<a href="/logout/">Log out</a>`)
		v.Get("http://"+primary+"/logout/").Want(t, http.StatusOK, "You are logged in as "+alice+". This ends your session on this blog.")
		v.Submit("http://" + primary + "/logout/")
		v.Step("http://"+primary+"/login/").LeadsTo(t, "http://"+stack.Domain+"/authorize/?")
		v.Step("http://"+custom+"/login/").LeadsTo(t, "/write/")
		v.Get("/").Want(t, http.StatusOK, "Welcome, "+alice)
	})
	t.Run("blog of another user", func(t *testing.T) {
		t.Parallel()
		v := portaltest.LogIn(t, site, bob, portaltest.Password)
		v.RouteToBlog(p, primary)
		v.Get("http://"+primary+"/login/").Want(t, http.StatusForbidden, "This blog belongs to another account", "You are logged in as "+bob, `href="/logout/"`)
	})
}

// A custom domain that may belong to another person gets no code, and its page leads to the primary host.
func TestHandOverNeedsAProvenDomain(t *testing.T) {
	t.Parallel()
	dns := dnsserver.Start(t)
	p, site := portaltest.NewSiteWithDNS(t, dns)
	portaltest.AddAccount(t, p, "alice")
	v := portaltest.LogIn(t, site, "alice", portaltest.Password)
	v.RouteToBlog(p, aliceHost, aliceCustom)
	name, value := v.Submit("/account/alice/domains/", "host", aliceCustom).Want(t, http.StatusOK).VerificationRecord(t, aliceCustom)
	v.Submit("/account/alice/domains/remove/", "host", aliceCustom).Want(t, http.StatusOK)
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	dns.Set(name, value)
	v.Submit("/account/alice/domains/", "host", aliceCustom).Want(t, http.StatusOK)
	awaitDomain(p, v, "alice", "Your blog is served at this domain.")
	login := "http://" + aliceCustom + "/login/?next=/write/new/"

	for _, c := range []struct {
		fault dnsserver.Fault
		want  string
	}{
		{dnsserver.NoData, "We could not find the TXT record that proves that www.alice.org is yours, so we cannot log you in there."},
		{dnsserver.ServerFailure, "The DNS servers of www.alice.org did not answer, so we could not check that the domain is yours, and cannot log you in there."},
		{dnsserver.Silence, "The DNS servers of www.alice.org did not answer"},
	} {
		dns.Break(c.fault)
		page := v.Get(login).Want(t, http.StatusForbidden, "Log in at another address of your blog", c.want, "Log in at "+aliceHost+" instead.",
			`<a class="button" href="http://`+aliceHost+`/login/?next=%2Fwrite%2Fnew%2F">Log in at `+aliceHost+`</a>`)
		if policy := page.Header.Get("Referrer-Policy"); policy != "no-referrer" {
			t.Errorf("Referrer-Policy %q", policy)
		}
	}
	dns.Break(dnsserver.None)
	v.Step(login).LeadsTo(t, "http://"+stack.Domain+"/authorize/?")
	v.Get(login).Want(t, http.StatusOK)
	v.Step("http://"+aliceCustom+"/login/?next=/write/").LeadsTo(t, "/write/")

	// The domain has changed hands: the session there is worth nothing any more, the others are.
	v.Get("http://"+aliceHost+"/login/").Want(t, http.StatusOK)
	p.Exec(`UPDATE public.domains SET absent_since = now() WHERE host = $1`, aliceCustom)
	v.Step("http://"+aliceCustom+"/login/?next=/write/").LeadsTo(t, "http://"+stack.Domain+"/authorize/?")
	v.Step("http://"+aliceHost+"/login/?next=/write/").LeadsTo(t, "/write/")
}

func TestHandOverRefuses(t *testing.T) {
	t.Parallel()
	p, site, _ := portaltest.SharedSiteWithDNS(t)
	alice, bob := portaltest.Name("alice"), portaltest.Name("bob")
	primary, custom := hostsOf(alice)
	portaltest.AddAccount(t, p, alice, withCustomDomain(custom))
	portaltest.AddAccount(t, p, bob)
	visit := func() *portaltest.Client {
		v := portaltest.LogIn(t, site, alice, portaltest.Password)
		v.RouteToBlog(p, primary, custom, bob+"."+stack.Domain)
		return v
	}
	// start starts a login, and returns the URL at which the blog redeems the code.
	start := func(v *portaltest.Client) string {
		authorize := v.Step("http://"+primary+"/login/").LeadsTo(t, "http://"+stack.Domain+"/authorize/?")
		answer := v.Step(authorize)
		if policy := answer.Header.Get("Referrer-Policy"); policy != "no-referrer" {
			t.Errorf("Referrer-Policy %q of a page with a code", policy)
		}
		return answer.LeadsTo(t, "http://"+primary+"/login/callback?")
	}
	refused := func(v *portaltest.Client, callback string) {
		t.Helper()
		v.Step(callback).Want(t, http.StatusForbidden, "Login failed", `href="/login/?next=`)
	}

	v := visit()
	callback := start(v)
	v.Step(callback).LeadsTo(t, "/write/")
	v.Step(callback).LeadsTo(t, "/write/") // the second click finds the browser logged in
	v.Submit("http://" + primary + "/logout/")
	refused(v, callback) // the code works once

	v = visit()
	callback = start(v)
	refused(visit(), callback) // in a browser without the verifier cookie
	other := visit()
	start(other)
	refused(other, callback) // or with another one
	onCustom := strings.Replace(callback, primary, custom, 1)
	v.Step("http://" + custom + "/login/")
	refused(v, onCustom)
	refused(v, strings.Replace(callback, primary, bob+"."+stack.Domain, 1))
	v.Step(callback).LeadsTo(t, "/write/")

	v = visit()
	callback = start(v)
	p.Exec(`UPDATE public.login_codes SET expires_at = expires_at - interval '61 seconds' WHERE username = $1`, alice)
	refused(v, callback)

	// No redirect leads to another site, and codes are issued for hosts of blogs only.
	for _, next := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"} {
		authorize := v.Step("http://"+primary+"/login/?next="+url.QueryEscape(next)).LeadsTo(t, "http://"+stack.Domain+"/authorize/?")
		callback := v.Step(authorize).LeadsTo(t, "http://"+primary+"/login/callback?")
		v.Step(callback).LeadsTo(t, "/write/")
		v.Submit("http://" + primary + "/logout/")
	}
	challenge := strings.Repeat("A", 43)
	for _, query := range []string{
		"", "host=evil.example&challenge=" + challenge, "host=" + stack.Domain + "&challenge=" + challenge, "host=" + primary,
		"host=" + primary + "&challenge=short", "host=" + primary + ":80&challenge=" + challenge[1:],
		"host=%0d%0a&challenge=" + challenge,
	} {
		v.Get("/authorize/?"+query).Want(t, http.StatusNotFound, "Blog not found")
	}
	if policy := portaltest.NewClient(t, site).Get("/login/?next=" + url.QueryEscape("/authorize/?host=evil.example")).Header.Get("Content-Security-Policy"); strings.Contains(policy, "evil") {
		t.Errorf("a form may lead to any host: %s", policy)
	}
}

// The owner of a blog writes on both of its hosts, and readers see it, until the Tenant has another owner.
func TestOwnerWrites(t *testing.T) {
	t.Parallel()
	p, site, _ := portaltest.SharedSiteWithDNS(t)
	aliceName, bobName := portaltest.Name("alice"), portaltest.Name("bob")
	primary, custom := hostsOf(aliceName)
	portaltest.AddAccount(t, p, aliceName, withCustomDomain(custom))
	portaltest.AddAccount(t, p, bobName)
	reader, alice, bob := portaltest.NewClient(t, site), portaltest.LogIn(t, site, aliceName, portaltest.Password), portaltest.LogIn(t, site, bobName, portaltest.Password)
	for _, v := range []*portaltest.Client{reader, alice, bob} {
		v.RouteToBlog(p, primary, custom)
	}
	blog := "http://" + primary
	draft := alice.Get(blog+"/login/?next=/write/new/").Want(t, http.StatusOK, "New post</h1>")
	alice.Submit(blog+"/write/new/", append(version(draft), "title", "First light", "content", "It *works*.", "action", "save")...).Want(t, http.StatusOK, "Saved.", "Draft")
	for _, path := range []string{"/", "/feed.xml"} {
		if page := reader.Get(blog+path).Want(t, http.StatusOK); strings.Contains(page.Body, "First light") {
			t.Errorf("readers see a draft at %s:\n%s", path, page.Body)
		}
	}
	reader.Get(blog+"/first-light/").Want(t, http.StatusNotFound)
	alice.Get("http://"+custom+"/login/").Want(t, http.StatusOK, `<a href="/write/first-light/"><bdi lang="">First light</bdi></a>`, "Draft, changed on ")
	form := alice.Get("http://"+custom+"/write/first-light/").Want(t, http.StatusOK)
	alice.Submit("http://"+custom+"/write/first-light/", append(version(form), "title", "First light", "slug", "first-light", "content", "It *works*.", "action", "publish")...).
		Want(t, http.StatusOK, "Published. Readers can see it now.")
	for _, path := range []string{blog + "/", blog + "/feed.xml", blog + "/first-light/", "http://" + custom + "/first-light/"} {
		reader.Get(path).Want(t, http.StatusOK, "First light")
	}

	// Another user of the platform is refused, with or without the tokens of the form.
	bob.Get(blog+"/write/").Want(t, http.StatusForbidden, "This blog belongs to another account")
	form = alice.Get(blog+"/write/first-light/").Want(t, http.StatusOK)
	theft := append(version(form), "title", "Stolen", "slug", "first-light", "content", "Stolen.", "action", "save")
	bob.Submit(blog+"/write/first-light/", theft...).Want(t, http.StatusForbidden, "You have been logged out, and nothing was saved.")
	// So is a request from a page of another blog in alice's browser, here and on the public site.
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://" + bobName + "." + stack.Domain}},
		{"Origin": {"http://" + bobName + "." + stack.Domain}},
	} {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, address := range []string{blog + "/write/first-light/", blog + "/write/first-light/delete/", blog + "/logout/", "/logout/"} {
			alice.Do(http.MethodPost, address, strings.NewReader(url.Values{"title": {"Stolen"}}.Encode()), header).
				Want(t, http.StatusForbidden, "came from another site")
		}
	}
	reader.Get(blog+"/first-light/").Want(t, http.StatusOK, "It <em>works</em>.")

	err := p.Edit(t.Context(), aliceName, func(t *v1alpha1.Tenant) {
		t.Spec.Owner = &v1alpha1.TenantOwner{Username: bobName, Email: bobName + "@example.org"}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Wait("the blog is bob's", func(context.Context) error {
		if page := bob.Get(blog + "/write/"); page.Status != http.StatusOK {
			return fmt.Errorf("he reads %s", page.Body)
		}
		return nil
	})
	alice.Submit(blog+"/write/first-light/", append(version(form), "title", "Mine", "slug", "first-light", "content", "Still mine.", "action", "save")...).
		Want(t, http.StatusForbidden, "You have been logged out, and nothing was saved.", "Still mine.")
	reader.Get(blog+"/first-light/").Want(t, http.StatusOK, "It <em>works</em>.")
}

func TestOwnerInGraceAndSuspension(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
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
			name := portaltest.Name(name)
			portaltest.AddAccount(t, p, name)
			blog := "http://" + name + "." + stack.Domain
			v := portaltest.LogIn(t, site, name, portaltest.Password)
			v.RouteToBlog(p, name+"."+stack.Domain)
			form := v.Get(blog+"/login/?next=/write/new/").Want(t, http.StatusOK)
			v.Submit(blog+"/write/new/", append(version(form), "title", "Before", "content", "Text.", "action", "publish")...).Want(t, http.StatusOK)
			if err := p.Edit(t.Context(), name, test.pause); err != nil {
				t.Fatal(err)
			}
			p.Wait("the owner reads that nothing can be changed", func(context.Context) error {
				if page := v.Get(blog + "/write/"); !strings.Contains(page.Body, test.sentence) {
					return fmt.Errorf("the page says %s", page.Body)
				}
				return nil
			})
			v.Get(blog+"/before/").Want(t, test.readers)
			v.Submit(blog+"/write/new/", append(version(form), "title", "After", "content", "Late words.", "action", "publish")...).
				Want(t, http.StatusForbidden, test.sentence, "Late words.")
			if exported := v.Get(blog+"/write/export.zip").Want(t, http.StatusOK); exported.Header.Get("Content-Type") != "application/zip" {
				t.Errorf("the export is %s", exported.Header.Get("Content-Type"))
			}
			// A new login works, too.
			again := portaltest.LogIn(t, site, name, portaltest.Password)
			again.RouteToBlog(p, name+"."+stack.Domain)
			again.Get(blog+"/login/").Want(t, http.StatusOK, `<a href="/write/before/"><bdi lang="">Before</bdi></a>`, test.sentence)
		})
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// version returns the hidden fields of a form, as Submit takes them.
func version(form portaltest.Page) []string {
	var fields []string
	for _, match := range hiddenField.FindAllStringSubmatch(form.Body, -1) {
		fields = append(fields, match[1], match[2])
	}
	return fields
}
