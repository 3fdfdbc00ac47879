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

// NoBlogAt returns the page for a host without a blog. If people can sign up for the name, it links to the form.
func (p Platform) NoBlogAt(host string) Message {
	m := Message{
		Status: http.StatusNotFound, Page: Page{Title: "There is no blog at this address", Contact: p.Contact},
		Lead:  fmt.Sprintf("No blog has the host name %s.", Shorten(host)),
		Steps: []string{"Check the spelling of the address.", "If the blog is new, wait a few seconds and reload the page."},
	}
	name, under := strings.CutSuffix(host, "."+p.Domain)
	switch {
	case !under || naming.CheckTenant(name) != nil:
		m.Steps = append(m.Steps, "If this is your own domain, check that it is listed in the settings of your blog and that its DNS record points here.")
	case p.SignUp && p.CodeRequired:
		m.Steps = append(m.Steps, "To create a blog with this name, you need a registration code.")
		m.Link = &Link{Address: p.register(name), Text: "Sign up as " + name + " with a code"}
	case p.SignUp:
		m.Link = &Link{Address: p.register(name), Text: "Sign up as " + name}
	}
	return m
}

func (p Platform) register(name string) string {
	return p.PublicURL + "/register/?" + url.Values{"username": {name}}.Encode()
}
