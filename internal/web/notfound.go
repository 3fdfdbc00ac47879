package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// Who may register, as a Platform says it. Everything else lets nobody.
const (
	registrationOpen   = "Open"
	registrationInvite = "Invite"
)

// Platform is what the public site and every blog say of the platform that they belong to.
type Platform struct {
	// PublicURL is the address of the public site, without a slash at the end. Empty: it is not known yet.
	PublicURL string
	// Domain is the one under which people register blogs.
	Domain string
	// Registration says who may: Open, Invite or Closed.
	Registration string
	// Contact is where people reach those who run it.
	Contact Contact
}

// NoBlogAt says that no blog has a host, and leads to where its name is registered, if that can be.
func (p Platform) NoBlogAt(host string) Message {
	m := Message{
		Status: http.StatusNotFound, Page: Page{Title: "There is no blog at this address"}, Contact: p.Contact,
		Lead:  fmt.Sprintf("The server was reached, but no blog has the host name %s.", Shorten(host)),
		Steps: []string{"Check the spelling of the address.", "If the blog is new, wait a few seconds and load the page again."},
	}
	name, under := strings.CutSuffix(host, "."+p.Domain)
	switch {
	case !under || naming.CheckTenant(name) != nil:
		m.Steps = append(m.Steps, "If it is a domain of your own, see that it is listed among those of your blog, and that its DNS record leads here.")
	case p.Registration == registrationOpen:
		m.Link = &Link{Address: p.register(name), Text: "Register " + name}
	case p.Registration == registrationInvite:
		m.Steps = append(m.Steps, "To make a blog of this name, you need an invitation code: "+whoRuns+" give them out.")
		m.Link = &Link{Address: p.register(name), Text: "Register " + name + " with a code"}
	case p.Contact != "":
		m.Steps = append(m.Steps, "If there should be one, ask "+whoRuns+".")
	}
	return m
}

func (p Platform) register(name string) string {
	return p.PublicURL + "/register/?" + url.Values{"username": {name}}.Encode()
}
