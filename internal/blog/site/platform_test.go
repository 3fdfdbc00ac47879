package site_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

const (
	// offered links to the sign-up with the name carol.
	offered = `href="https://www.example.org:8443/register/?username=carol"`
	// support is the link to the contact.
	support = `<a href="mailto:help@example.org">Contact support</a>`
)

func withCodes(i *tenancy.Installation) { i.CodeRequired = true }

func closed(i *tenancy.Installation) { i.SignUp = false }

func withContact(address string) func(*tenancy.Installation) {
	return func(i *tenancy.Installation) { i.Contact = address }
}

// A free name is offered to people who can sign up, within seconds of a change of the Platform.
func TestUnknownHostOffersItsName(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	const publicURL = "https://www.example.org:8443"
	p.Install(publicURL)
	p.Serve(blog.Options{})
	p.WaitReady()
	p.Get("carol.example.com", "/").Want(t, http.StatusNotFound, "", offered, "Sign up as carol")
	for _, host := range []string{"www.example.com", "a.carol.example.com", "carol.example.net", "carol.www.example.org", "example.com", "ca_rol.example.com"} {
		if page := p.Get(host, "/"); strings.Contains(page.Body, "Register ") {
			t.Errorf("%s is offered:\n%s", host, page.Body)
		}
	}

	p.Install(publicURL, withCodes, withContact("mailto:help@example.org"))
	p.WaitText("carol.example.com", "/", []string{offered, "you need a registration code", support}, nil)

	p.Install(publicURL, closed, withContact("mailto:help@example.org"))
	p.WaitText("carol.example.com", "/", []string{"There is no blog at this address", support}, []string{"/register/"})

	p.Install(publicURL, closed)
	p.WaitText("carol.example.com", "/", []string{"There is no blog at this address"}, []string{"/register/", "Contact support"})

	p.Install(publicURL)
	p.WaitText("carol.example.com", "/", []string{offered, "Sign up as carol"}, nil)
}

// Pages for readers and for the owner link to the contact.
func TestContact(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Owned("alice")
	p.Create(alice)
	p.Create(blogtest.Owned("bob"))
	alice.SuspendAt = blogtest.Start
	p.Update(alice, blogtest.Start)
	p.WaitText("alice.example.com", "/", []string{"This blog is suspended", "If this is your blog, contact support. Once it is resumed, it is available again within seconds."}, []string{"Contact support"})

	p.Install("http://localhost:8000", withContact("mailto:help@example.org"))
	button := `<a class="button" href="mailto:help@example.org">Contact support</a>`
	p.WaitText("alice.example.com", "/", []string{"This blog is suspended", support, button}, nil)
	p.LogIn("alice", "alice.example.com").Open("/write/").Want(t, http.StatusOK, "alice", "To continue, contact support. "+support+` <a href="http://localhost:8000/">Your account</a>`)
	p.Exec(`ALTER TABLE bob.posts RENAME TO lost`)
	p.Get("bob.example.com", "/").Want(t, http.StatusServiceUnavailable, "bob", "If the problem persists, contact support.", support)

	p.Install("http://localhost:8000", withContact("https://example.org/help/?about=blogs&to=us"))
	p.WaitText("alice.example.com", "/", []string{`<a href="https://example.org/help/?about=blogs&amp;to=us">Contact support</a>`}, nil)
}
