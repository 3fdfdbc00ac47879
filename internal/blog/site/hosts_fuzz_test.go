package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/idna"

	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Every Host header leads to the tenant with that host, or to none.
func FuzzHostToTenant(f *testing.F) {
	for _, seed := range []string{
		"alice.example.com", "ALICE.Example.COM.:8000", "bob.example.com:", "carol-1.example.com:65535", "www.alice.org.",
		"bücher.example", "XN--BCHER-KVA.EXAMPLE", "ａlice。example.com", "alice\u00ad.example.com", "carol\u20111.example.com",
		"", ".", "..", ":", ":80", "alice.example.com:http", "alice.example.com:800000", "alice.example.com..", "alice..example.com",
		"127.0.0.1", "[::1]:80", "1.2.3", "xn--", "xn--a.example.com", "xn--alice-.example.com", "*.example.com", "alice.example.com,bob.example.com",
		"bob.example.com@alice.example.com", "alice.example.com\x00", " alice.example.com", "alice_.example.com", "-alice.example.com",
		strings.Repeat("a.", 200) + "alice.example.com", strings.Repeat("a", 64) + ".example.com", "\xff.example.com",
	} {
		f.Add(seed)
	}
	p := blogtest.New(f)
	owners := map[string]string{"www.alice.org": "alice", "xn--bcher-kva.example": "alice"}
	for _, name := range []string{"alice", "bob", "carol-1"} {
		s := blogtest.Spec(name)
		s.SuspendAt = time.Time{} // the page needs no database
		if name == "alice" {
			s.CustomHosts = []string{"www.alice.org", "xn--bcher-kva.example"}
		}
		if err := p.Store.Create(f.Context(), s, tenancy.CreateOptions{}, blogtest.Start); err != nil {
			f.Fatal(err)
		}
		owners[s.PrimaryHost] = name
		p.WaitFor(s.PrimaryHost, "/", http.StatusPaymentRequired)
	}
	f.Fuzz(func(t *testing.T, header string) {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Host = header
		recorder := httptest.NewRecorder()
		p.Blog.Handler().ServeHTTP(recorder, request)

		want := owners[plainHost(header)]
		status := http.StatusNotFound
		if want != "" {
			status = http.StatusPaymentRequired
		}
		if got := recorder.Header().Get("Echoblogs-Tenant"); got != want || recorder.Code != status {
			t.Errorf("%q: got status %d of tenant %q, want %d and %q", header, recorder.Code, got, status, want)
		}
	})
}

// plainHost is a second implementation of naming.NormalizeHost: it removes a port, then a dot at the end, and compares the
// rest without case, or by the rules for internationalized names.
func plainHost(header string) string {
	host := header
	if name, port, found := strings.Cut(header, ":"); found {
		if len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return ""
		}
		host = name
	}
	host = strings.TrimSuffix(host, ".")
	if strings.ContainsFunc(host, func(c rune) bool { return c > '~' }) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return ""
		}
		host = ascii
	}
	return strings.ToLower(host)
}
