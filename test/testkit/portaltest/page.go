package portaltest

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Page is what a visitor sees.
type Page struct {
	Status  int
	Header  http.Header
	URL     *url.URL
	Body    string
	Cookies []*http.Cookie
}

// Want fails the test unless the page has a status and says every one of the texts.
func (p Page) Want(t *testing.T, status int, texts ...string) Page {
	t.Helper()
	if p.Status != status {
		t.Fatalf("%s answers %d instead of %d:\n%s", p.URL, p.Status, status, p.Body)
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("%s does not say %q:\n%s", p.URL, text, p.Body)
		}
	}
	return p
}

// Without fails the test when the page says one of the texts.
func (p Page) Without(t *testing.T, texts ...string) Page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			t.Errorf("%s says %q:\n%s", p.URL, text, p.Body)
		}
	}
	return p
}

// VerificationRecord returns the name and the value of the TXT record that a page shows for a domain.
func (p Page) VerificationRecord(t *testing.T, host string) (name, value string) {
	t.Helper()
	name = "_echoblogs." + host
	found := regexp.MustCompile(`(?s)<code>` + regexp.QuoteMeta(name) + `</code>.*?<code>(echoblogs-verification=[^<]+)</code>`).FindStringSubmatch(p.Body)
	if found == nil {
		t.Fatalf("no record for %s:\n%s", host, p.Body)
	}
	return name, html.UnescapeString(found[1])
}

// LeadsTo fails the test unless the page leads elsewhere, and returns where.
func (p Page) LeadsTo(t *testing.T, prefix string) string {
	t.Helper()
	to := p.Header.Get("Location")
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		t.Fatalf("%s answers %d and leads to %q, want 303 to %s…:\n%s", p.URL, p.Status, to, prefix, p.Body)
	}
	return to
}
