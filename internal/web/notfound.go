package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// Values of Platform.Registration with which people can sign up.
const (
	registrationOpen   = "Open"
	registrationInvite = "Invite"
)

// Platform is what the public site and every blog show of their Platform.
type Platform struct {
	// PublicURL is the address of the public site, without a slash at the end. Empty: unknown.
	PublicURL string
	// Domain is the parent domain of blogs that people sign up for.
	Domain string
	// Registration says who may sign up: Open, Invite or Closed.
	Registration string
	// Contact is the address of support.
	Contact Contact
}

// NoBlogAt returns the page for a host that no blog has. It offers to sign up with the name if that is possible.
func (p Platform) NoBlogAt(host string) Message {
	m := Message{
		Status: http.StatusNotFound, Page: Page{Title: "There is no blog at this address"}, Contact: p.Contact,
		Lead:  fmt.Sprintf("No blog has the host name %s.", Shorten(host)),
		Steps: []string{"Check the spelling of the address.", "If the blog is new, wait a few seconds and load the page again."},
	}
	name, under := strings.CutSuffix(host, "."+p.Domain)
	switch {
	case !under || naming.CheckTenant(name) != nil:
		m.Steps = append(m.Steps, "If this is your own domain, check that it is listed in the settings of your blog, and that its DNS record points here.")
	case p.Registration == registrationOpen:
		m.Link = &Link{Address: p.register(name), Text: "Register " + name}
	case p.Registration == registrationInvite:
		m.Steps = append(m.Steps, "To sign up with this name, you need an invitation code. To get one, contact support.")
		m.Link = &Link{Address: p.register(name), Text: "Register " + name + " with a code"}
	case p.Contact != "":
		m.Steps = append(m.Steps, "If you expected a blog here, contact support.")
	}
	return m
}

func (p Platform) register(name string) string {
	return p.PublicURL + "/register/?" + url.Values{"username": {name}}.Encode()
}
