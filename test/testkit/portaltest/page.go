package portaltest

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Page is a response.
type Page struct {
	Status  int
	Header  http.Header
	URL     *url.URL
	Body    string
	Cookies []*http.Cookie
}

// Want fails the test unless the page has a status and contains all texts.
func (p Page) Want(t *testing.T, status int, texts ...string) Page {
	t.Helper()
	if p.Status != status {
		t.Fatalf("%s has the status %d, want %d:\n%s", p.URL, p.Status, status, p.Body)
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("%s lacks %q:\n%s", p.URL, text, p.Body)
		}
	}
	return p
}

// Without fails the test if the page contains one of the texts.
func (p Page) Without(t *testing.T, texts ...string) Page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			t.Errorf("%s contains %q:\n%s", p.URL, text, p.Body)
		}
	}
	return p
}

var version = regexp.MustCompile(`name="version" value="([^"]+)"`)

// Version returns the version of the Tenant that the forms of a page were made from. Empty: it has no such form.
func (p Page) Version() string {
	if found := version.FindStringSubmatch(p.Body); found != nil {
		return found[1]
	}
	return ""
}

// VerificationRecord returns the TXT record that a page shows for a domain.
func (p Page) VerificationRecord(t *testing.T, host string) (name, value string) {
	t.Helper()
	name = "_echoblogs." + host
	found := regexp.MustCompile(`(?s)<code>` + regexp.QuoteMeta(name) + `</code>.*?<code>(echoblogs-verification=[^<]+)</code>`).FindStringSubmatch(p.Body)
	if found == nil {
		t.Fatalf("no record for %s:\n%s", host, p.Body)
	}
	return name, html.UnescapeString(found[1])
}

// LeadsTo fails the test unless the page redirects to a URL with a prefix, and returns the URL.
func (p Page) LeadsTo(t *testing.T, prefix string) string {
	t.Helper()
	to := p.Header.Get("Location")
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		t.Fatalf("%s has the status %d and redirects to %q, want 303 to %s…:\n%s", p.URL, p.Status, to, prefix, p.Body)
	}
	return to
}
