package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// Platform is what pages say about the platform.
type Platform struct {
	// PublicURL is the address of the public site, without a slash at the end. Empty: unknown.
	PublicURL string
	// Domain is the parent domain of the blogs that people sign up for.
	Domain string
	// SignUp reports whether people can sign up, and CodeRequired whether they need a registration code for that.
	SignUp, CodeRequired bool
	Contact              Contact
}

// NameState is what a page knows about a name with which people may want to sign up.
type NameState int

// The states of a name.
const (
	// NameUnknown: it could not be looked up, or nobody can sign up with it.
	NameUnknown NameState = iota
	NameFree
	NameTaken
)

// NameAt returns the name that people can sign up with for a blog at a host, unless it is taken. It returns "" if there is
// none, or if sign-up is closed.
func (p Platform) NameAt(host string) string {
	name, under := strings.CutSuffix(host, "."+p.Domain)
	if !p.SignUp || !under || naming.CheckTenant(name) != nil {
		return ""
	}
	return name
}

// NoBlogAt returns the page for a host without a blog. state is that of NameAt: a name is offered only if it is free.
func (p Platform) NoBlogAt(host string, state NameState) Message {
	m := Message{
		Status: http.StatusNotFound, Page: Page{Title: "There is no blog at this address", Contact: p.Contact, Brand: &Brand{Column: Wide}},
		Lead:  fmt.Sprintf("No blog has the host name %s.", Shorten(host)),
		Steps: []string{"Check the spelling of the address.", "If the blog is new, wait a few seconds and reload the page."},
	}
	name := p.NameAt(host)
	switch {
	case !strings.HasSuffix(host, "."+p.Domain):
		m.Steps = append(m.Steps, "If this is your own domain, check that it is listed in the settings of your blog and that its DNS record points here.")
	case name == "":
	case state == NameTaken:
		m.Steps = append(m.Steps, fmt.Sprintf("The name %s is not available for a new blog.", name), "If your blog was here, log in to see whether you can restore it.")
		m.Link = &Link{Address: p.PublicURL + "/account/", Text: "Log in"}
	case state == NameFree && p.CodeRequired:
		m.Steps = append(m.Steps, "To create a blog with this name, you need a registration code.")
		m.Link = &Link{Address: p.register(name), Text: "Sign up as " + name + " with a code"}
	case state == NameFree:
		m.Link = &Link{Address: p.register(name), Text: "Sign up as " + name}
	}
	return m
}

func (p Platform) register(name string) string {
	return p.PublicURL + "/register/?" + url.Values{"username": {name}}.Encode()
}
