package browser_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

const password = "a horse reads slowly"

// newPlatform starts a whole platform that browsers can use.
func newPlatform(t *testing.T) (p *stack.Platform, publicURL string) {
	t.Helper()
	p, publicURL, _ = newPlatformWithMails(t)
	return p, publicURL
}

// newPlatformWithMails also returns the folder of the sent emails. With a certificate, the router terminates TLS.
func newPlatformWithMails(t *testing.T, certificates ...tls.Certificate) (p *stack.Platform, publicURL, mails string) {
	t.Helper()
	p, publicURL = stack.NewForBrowsers(t, certificates...)
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	return p, publicURL, p.StartPortal(0, "--trusted-proxies=127.0.0.1", "--registrations-per-hour=1000").Mails
}

// register signs up with the keyboard only.
func (p *person) register(publicURL, name string) {
	p.t.Helper()
	p.open(publicURL + "/register/")
	p.fill("User name", name, "Email address", name+"@example.org", "Password", password)
	p.choose("Sign up", "Your blog is live")
}

// A person signs up and writes a post, and another one reads it, without a mouse.
func TestFromRegistrationToFirstPost(t *testing.T) {
	t.Parallel()
	_, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://carol.", 1)
	browser := newBrowser(t)
	carol := newPerson(t, browser)
	carol.open(site + "/")
	carol.choose("Start my blog", "User name")
	carol.fill("User name", "Carol_Ann", "Email address", "carol@example.org", "Password", password)
	carol.choose("Show password", "Hide")
	carol.waitFor("the password is shown", `document.getElementById("password").type === "text"`)
	carol.choose("Sign up", "use carol-ann")
	carol.register(site, "carol")

	carol.choose("Write", "You have no posts yet")
	if at := carol.address(); at != blog+"/write/" {
		t.Fatalf("the link to write leads to %s", at)
	}
	carol.choose("New post", "Text")
	carol.fill("Title", "First bread", "Text", "It **rose**, and then it fell.")
	carol.publish()

	reader := newPerson(t, browser)
	reader.open(blog + "/")
	reader.choose("First bread", "It rose, and then it fell.")

	// Another user of the platform cannot write here.
	dave := newPerson(t, browser)
	dave.register(site, "dave")
	dave.open(blog + "/login/?next=/write/")
	dave.sees("This blog belongs to another account")

	// Logging out of the public site ends the session on the blog.
	carol.open(site + "/logout/")
	carol.goTo("Log out") // the link in the header, before the button
	carol.choose("Log out", "Start with the first sentence")
	carol.open(blog + "/write/")
	carol.sees("Log in")
	carol.fill("User name or email", "carol", "Password", "not the one")
	carol.choose("Log in", "Wrong user name, email address or password.")
	carol.fill("Password", password)
	carol.choose("Log in", "First bread")
}

// ECHOBLOGS_SCREENSHOTS is a folder for screenshots of all pages. Defaults to none.
func TestPagesOfThePublicSite(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run hack/browser.sh", err)
	}
	p, site := newPlatform(t)
	blog := strings.Replace(site, "http://", "http://erin.", 1)
	browser := newBrowser(t)
	stranger, erin := newPerson(t, browser), newPerson(t, browser)
	erin.register(site, "erin")
	erin.choose("Write", "You have no posts yet")
	erin.choose("New post", "Text")
	erin.fill("Title", "A post", "Text", "With text.")
	erin.publish()
	erin.open(site + "/account/erin/")
	erin.fill("Add a domain", "www.a-rather-long-domain-of-erin.example")
	erin.choose("Add", "echoblogs-verification=")
	p.Exec(`UPDATE public.users SET role = 'staff' WHERE username = 'erin'`)
	p.CreateTenant("oscar", platformtest.WithSpec(v1alpha1.TenantSpec{Suspended: new(true), SuspensionReason: "The last invoice was not paid."}))
	p.WaitTenantsReady("oscar")

	for _, who := range []struct {
		person *person
		pages  map[string]string
	}{
		{stranger, map[string]string{
			"landing": site + "/", "login": site + "/login/", "register": site + "/register/", "reset": site + "/reset/", "register-email": site + "/register/email/",
			"portal-no-page": site + "/none/", "offer": strings.Replace(site, "http://", "http://frank.", 1) + "/",
		}},
		{erin, map[string]string{
			"home": site + "/", "account": site + "/account/", "settings": site + "/account/erin/", "delete": site + "/account/erin/delete/",
			"logout": site + "/logout/", "staff": site + "/staff/", "staff-tenant": site + "/staff/tenants/erin/", "staff-suspended": site + "/staff/tenants/oscar/",
			"staff-tombstones": site + "/staff/tombstones/", "staff-users": site + "/staff/users/", "staff-user": site + "/staff/users/erin/",
			"staff-codes": site + "/staff/codes/", "staff-audit": site + "/staff/audit/",
			"write": blog + "/write/", "write-new": blog + "/write/new/", "write-edit": blog + "/write/a-post/",
			"write-delete": blog + "/write/a-post/delete/", "write-versions": blog + "/write/a-post/revisions/", "write-trash": blog + "/write/?show=trash",
			"write-settings": blog + "/write/settings/", "blog-logout": blog + "/logout/",
		}},
	} {
		for page, address := range who.pages {
			t.Run(page, func(t *testing.T) {
				t.Parallel()
				look(t, who.person.tab, page, address, string(axe))
			})
		}
	}
}
