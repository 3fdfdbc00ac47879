//go:build e2e

package e2e_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// password is that of every user.
const password = "a long enough password"

// visitor uses the public site. What fails ends the test.
type visitor struct {
	p       *product
	browser browser
}

// page is what a visitor sees after redirects.
type page struct {
	p       *product
	address string
	status  int
	text    string
}

// want fails the test unless the page has a status and contains texts.
func (g page) want(status int, texts ...string) page {
	g.p.t.Helper()
	if g.status != status {
		g.p.t.Fatalf("%s answers %d, want %d:\n%s", g.address, g.status, status, g.text)
	}
	for _, text := range texts {
		if !strings.Contains(g.text, text) {
			g.p.t.Errorf("%s lacks %q:\n%s", g.address, text, g.text)
		}
	}
	return g
}

var versionField = regexp.MustCompile(`name="version" value="([^"]+)"`)

// version returns the version of the Tenant that the forms of the page are rendered from.
func (g page) version() string {
	g.p.t.Helper()
	found := versionField.FindStringSubmatch(g.text)
	if found == nil {
		g.p.t.Fatalf("%s has no version:\n%s", g.address, g.text)
	}
	return found[1]
}

func (v *visitor) get(path string) page {
	v.p.t.Helper()
	return v.send(http.MethodGet, path, nil)
}

// submit sends a form: names and values.
func (v *visitor) submit(path string, fields ...string) page {
	v.p.t.Helper()
	form := make(url.Values)
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.send(http.MethodPost, path, form)
}

func (v *visitor) send(method, path string, form url.Values) page {
	v.p.t.Helper()
	shown, err := v.browser.send(v.p.t.Context(), method, v.p.site()+path, form)
	if err != nil {
		v.p.t.Fatal(err)
	}
	return page{v.p, shown.url.String(), shown.status, shown.text}
}

// signUp registers a user, and returns their browser, logged in, when their blog answers.
func (p *product) signUp(name string) *visitor {
	p.t.Helper()
	v := &visitor{p, p.browser()}
	if err := p.register(p.t.Context(), v.browser, name); err != nil {
		p.t.Fatal(err)
	}
	return v
}

// logIn logs a user in.
func (p *product) logIn(name string) *visitor {
	p.t.Helper()
	v := &visitor{p, p.browser()}
	v.submit("/login/", "username", name, "password", password, "next", "/").want(http.StatusOK, "Welcome, "+name)
	return v
}

var resetLink = regexp.MustCompile(`/reset/password/\?token=(\S+)`)

// addStaff creates a member of staff, and logs them in.
func (p *product) addStaff(name string) *visitor {
	p.t.Helper()
	output, err := p.Kubectl(p.t.Context(), "exec", "--namespace="+namespace, "deployment/echoblogs-portal", "--container=portal", "--",
		"/portal", "staff", "add", "--username="+name, "--email="+name+"@example.org")
	if err != nil {
		p.t.Fatal(err)
	}
	token := resetLink.FindStringSubmatch(output)
	if token == nil {
		p.t.Fatalf("staff add prints no link: %s", output)
	}
	v := &visitor{p, p.browser()}
	v.get("/reset/password/?token=" + token[1]).want(http.StatusOK)
	v.submit("/reset/password/", "token", token[1], "password", password, "confirm_password", password).want(http.StatusOK)
	v.submit("/login/", "username", name, "password", password, "next", "/staff/").want(http.StatusOK)
	return v
}
