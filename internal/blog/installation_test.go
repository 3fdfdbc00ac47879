package blog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// offered is what leads to the registration of carol.
	offered = `href="https://www.example.org:8443/register/?username=carol"`
	// reached is how pages name whom to ask.
	reached = `those who run the site (<a href="mailto:help@example.org">help@example.org</a>)`
)

func withRegistration(mode string) func(*tenancy.Installation) {
	return func(i *tenancy.Installation) { i.Registration = mode }
}

func withContact(address string) func(*tenancy.Installation) {
	return func(i *tenancy.Installation) { i.Contact = address }
}

// waitSays waits until a page says some words, and does not say others.
func (p *platform) waitSays(host, path string, words, not []string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%s%s says %q", host, path, words), func() error {
		page := p.get(host, path)
		for _, word := range words {
			if !strings.Contains(page.body, word) {
				return fmt.Errorf("it lacks %q:\n%s", word, page.body)
			}
		}
		for _, word := range not {
			if strings.Contains(page.body, word) {
				return fmt.Errorf("it says %q:\n%s", word, page.body)
			}
		}
		return nil
	})
}

// A free name is offered to who may register it, and within seconds of the Platform's saying so.
func TestUnknownHostOffersItsName(t *testing.T) {
	t.Parallel()
	p := newDatabase(t)
	const publicURL = "https://www.example.org:8443"
	p.install(publicURL)
	p.serve()
	p.waitReady()
	p.get("carol.example.com", "/").want(t, http.StatusNotFound, "", offered, "Register carol")
	for _, host := range []string{"www.example.com", "a.carol.example.com", "carol.example.net", "carol.www.example.org", "example.com", "ca_rol.example.com"} {
		if page := p.get(host, "/"); strings.Contains(page.body, "Register ") {
			t.Errorf("%s is offered:\n%s", host, page.body)
		}
	}

	p.install(publicURL, withRegistration("Invite"), withContact("mailto:help@example.org"))
	p.waitSays("carol.example.com", "/", []string{offered, "you need an invitation code", reached}, nil)

	p.install(publicURL, withRegistration("Closed"), withContact("mailto:help@example.org"))
	p.waitSays("carol.example.com", "/", []string{"There is no blog at this address", "If there should be one, ask " + reached}, []string{"/register/"})

	p.install(publicURL, withRegistration("Closed"))
	p.waitSays("carol.example.com", "/", []string{"There is no blog at this address"}, []string{"/register/", "those who run"})

	p.install(publicURL)
	p.waitSays("carol.example.com", "/", []string{offered, "Register carol"}, nil)
}

// Readers and the owner of a suspended blog are told whom to ask, and how.
func TestContact(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := owned("alice")
	p.create(alice)
	p.create(owned("bob"))
	alice.SuspendAt = start
	p.update(alice, start)
	p.waitSays("alice.example.com", "/", []string{"This blog is suspended", "ask those who run the site. It is back"}, nil)

	p.install("http://localhost:8000", withContact("mailto:help@example.org"))
	p.waitSays("alice.example.com", "/", []string{"This blog is suspended", "ask " + reached + ". It is back"}, nil)
	p.logIn("alice", "alice.example.com").open("/write/").want(t, http.StatusOK, "alice", "or ask "+reached+".")
	p.exec(`ALTER TABLE bob.posts RENAME TO lost`)
	p.get("bob.example.com", "/").want(t, http.StatusServiceUnavailable, "bob", "If it stays like this, tell "+reached+".")

	p.install("http://localhost:8000", withContact("https://example.org/help/?about=blogs&to=us"))
	p.waitSays("alice.example.com", "/", []string{`(<a href="https://example.org/help/?about=blogs&amp;to=us">example.org/help/?about=blogs&amp;to=us</a>)`}, nil)
}
