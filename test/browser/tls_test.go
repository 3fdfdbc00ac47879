package browser_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
)

// With TLS, as in an installation, cookies cannot be set or read by other hosts, and every URL is https.
func TestBehindTLS(t *testing.T) {
	t.Parallel()
	authorities := t.TempDir()
	trusted, err := certificate.New(authorities)
	if err != nil {
		t.Fatal(err)
	}
	p, site, _ := newPlatformWithMails(t, trusted)
	blog := strings.Replace(site, "https://", "https://heidi.", 1)
	browser := newBrowser(t, trust(t, trusted))
	heidi := newPerson(t, browser)
	console := chromedp.Console(heidi.tab)

	heidi.register(site, "heidi")
	heidi.hasCookies("__Host-session", "__Host-browser")
	heidi.choose("Write", "You have no posts yet")
	if at := heidi.address(); at != blog+"/write/" {
		t.Fatalf("the link to write leads to %s", at)
	}
	heidi.hasCookies("__Host-session", "__Host-verifier") // the verifier serves logins in other tabs, too
	heidi.choose("New post", "Text")
	heidi.fill("Title", "First lock", "Text", "It was **open**.")
	heidi.publish()
	wantSilence(t, heidi.tab, console, "")

	reader := newPerson(t, browser)
	console = chromedp.Console(reader.tab)
	reader.open(blog + "/")
	reader.choose("First lock", "It was open.")
	reader.hasCookies()
	wantSilence(t, reader.tab, console, "")

	// Every URL of the platform is https.
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(t.Context(), p.Key("heidi"), &tenant); err != nil || tenant.Status.URL != blog {
		t.Errorf("the status has the address %s, %v", tenant.Status.URL, err)
	}
	client := newClient(t, authorities)
	for address, says := range map[string]string{
		site + "/":            `<a class="button" href="/register/"`,
		blog + "/":            `<link rel="canonical" href="` + blog + `/">`,
		blog + "/first-lock/": `<link rel="canonical" href="` + blog + `/first-lock/">`,
		blog + "/feed.xml":    `href="` + blog + `/first-lock/"`,
	} {
		header, body := get(t, client, address)
		if got := header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("%s has Strict-Transport-Security %q", address, got)
		}
		if !strings.Contains(body, says) || strings.Contains(body, "http://localhost") || strings.Contains(body, "http://heidi") {
			t.Errorf("%s lacks %s, or has an address without TLS:\n%s", address, says, body)
		}
	}

	// Logging out of the public site ends the session on the blog.
	console = chromedp.Console(heidi.tab)
	heidi.open(site + "/logout/")
	heidi.goTo("Log out")
	heidi.choose("Log out", "Start with the first sentence")
	heidi.hasCookies("__Host-browser") // the public site still knows the browser
	heidi.open(blog + "/write/")
	heidi.sees("Log in")
	if at := heidi.address(); !strings.HasPrefix(at, site+"/login/?") {
		t.Errorf("after the logout, the write page redirects to %s", at)
	}
	heidi.fill("User name or email", "heidi", "Password", password)
	heidi.choose("Log in", "First lock")
	if at := heidi.address(); at != blog+"/write/" {
		t.Errorf("the login leads to %s", at)
	}
	wantSilence(t, heidi.tab, console, "")
}

// trust makes a browser trust a certificate in addition to those of its authorities.
func trust(t *testing.T, trusted tls.Certificate) chromedp.ExecAllocatorOption {
	t.Helper()
	parsed, err := x509.ParseCertificate(trusted.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:]))
}

// hasCookies fails the test unless the browser has exactly these cookies for the page, with the strictest attributes.
func (p *person) hasCookies(names ...string) {
	p.t.Helper()
	at, err := url.Parse(p.address())
	if err != nil {
		p.t.Fatal(err)
	}
	host := at.Hostname()
	found := run(p.t, p.tab, func(ctx context.Context, target *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{})
	})
	missing := make(map[string]bool, len(names))
	for _, name := range names {
		missing[name] = true
	}
	for _, c := range found.Cookies {
		if !missing[c.Name] {
			p.t.Errorf("%s has the cookie %s", host, c.Name)
		}
		delete(missing, c.Name)
		// A cookie with a Domain attribute has a domain that begins with a dot.
		if !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Path != "/" || c.Domain != host || c.SourceScheme != network.CookieSourceSchemeSecure {
			p.t.Errorf("%s has the cookie %+v", host, c)
		}
	}
	for name := range missing {
		p.t.Errorf("%s lacks the cookie %s", host, name)
	}
}

// newClient returns a client that trusts only the authority in a folder, and resolves every host to this machine.
func newClient(t *testing.T, authorities string) *http.Client {
	t.Helper()
	authority, err := os.ReadFile(filepath.Join(authorities, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, address string) (http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%s answers %d, %v", address, response.StatusCode, err)
	}
	return response.Header, string(body)
}
