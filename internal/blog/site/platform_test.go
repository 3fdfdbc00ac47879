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

// A name that the sign-up form would refuse is not offered: that of a deleted blog whose data is retained, of the owner of
// another blog, and of a blog under another domain. The page says so, until the data is purged.
func TestUnknownHostDoesNotOfferATakenName(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Install("https://www.example.org:8443")
	p.Serve(blog.Options{})
	p.WaitReady()
	for _, name := range []string{"carol", "notes"} {
		p.Create(blogtest.Spec(name))
	}
	owned, elsewhere := blogtest.Spec("diary"), blogtest.Spec("dave")
	owned.Owner, elsewhere.PrimaryHost = "erin", "dave.example.net"
	p.Create(owned)
	p.Create(elsewhere)
	for _, name := range []string{"carol", "notes"} {
		row, err := p.Store.Find(t.Context(), name)
		if err == nil {
			_, err = p.Store.Retain(t.Context(), row, tenancy.DeletedTenant{}, nil, blogtest.Start, blogtest.Start.AddDate(0, 0, 30))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"carol", "erin", "dave"} {
		p.WaitText(name+".example.com", "/", []string{
			"There is no blog at this address", "The name " + name + " is not available for a new blog.", "If your blog was here, log in to see whether you can restore it.",
			`<a class="button" href="https://www.example.org:8443/account/">Log in</a>`,
		}, []string{"/register/"})
	}
	p.Get("frank.example.com", "/").Want(t, http.StatusNotFound, "", `/register/?username=frank"`)
	p.Exec(`DROP SCHEMA ` + schemaOf(t, p, "carol") + ` CASCADE`)
	p.Exec(`UPDATE public.tenants SET state = 'released' WHERE name = 'carol'`)
	p.WaitText("carol.example.com", "/", []string{offered, "Sign up as carol"}, nil)

	// Without the database, the page neither offers the name nor refuses it.
	p.Exec(`ALTER TABLE public.domains RENAME TO lost`)
	page := p.Get("frank.example.com", "/")
	page.Want(t, http.StatusNotFound, "", "There is no blog at this address")
	if strings.Contains(page.Body, "/register/") || strings.Contains(page.Body, "not available") {
		t.Errorf("the page says of a name that could not be looked up:\n%s", page.Body)
	}
}

// schemaOf returns the schema in which the data of a deleted tenant is retained.
func schemaOf(t *testing.T, p *blogtest.Platform, name string) (schema string) {
	t.Helper()
	if err := p.Operator.QueryRow(t.Context(), `SELECT tombstone_schema FROM public.tenants WHERE name = $1`, name).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	return schema
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
