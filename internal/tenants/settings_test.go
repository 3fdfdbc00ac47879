package tenants_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/echoblogs/echoblogs/internal/tenants"
)

func TestParse(t *testing.T) {
	t.Parallel()
	storage := resource.MustParse("1536Mi")
	for _, test := range []struct {
		path, text string
		want       tenants.Settings
		// canonical is how the setting is formatted. Empty: as text.
		canonical string
	}{
		{path: "displayName", text: " Alice's & Co. ", want: tenants.Settings{DisplayName: "Alice's & Co."}, canonical: "Alice's & Co."},
		{path: "displayName", text: strings.Repeat("ä", 100), want: tenants.Settings{DisplayName: strings.Repeat("ä", 100)}},
		{
			path: "customDomains", text: "WWW.alice.org.\r\n\r\nalice.net\r\nalice.net", canonical: "www.alice.org\nalice.net",
			want: tenants.Settings{CustomDomains: []string{"www.alice.org", "alice.net"}},
		},
		{path: "paidUntil", text: "2031-01-31", want: tenants.Settings{PaidUntil: "2031-01-31"}},
		{path: "trial", text: "yes", want: tenants.Settings{Trial: true}},
		{path: "suspended", text: "yes", want: tenants.Settings{Suspended: true}},
		{path: "limits.posts", text: "0", want: tenants.Settings{Posts: new(int64(0))}},
		{path: "limits.storage", text: "1536Mi", want: tenants.Settings{Storage: &storage}},
		{path: "limits.requestsPerSecond", text: "7", want: tenants.Settings{RequestsPerSecond: new(int32(7))}},
		{path: "limits.posts"}, {path: "limits.storage"}, {path: "customDomains"}, {path: "displayName"}, {path: "paidUntil"},
	} {
		var got tenants.Settings
		if err := got.Parse(test.path, test.text); err != nil {
			t.Errorf("%s %q: %v", test.path, test.text, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", test.path, test.text, diff)
		}
		if test.canonical == "" {
			test.canonical = test.text
		}
		if text := got.Text(test.path); text != test.canonical {
			t.Errorf("%s %q is formatted as %q", test.path, test.text, text)
		}
	}
}

func TestParseInvalid(t *testing.T) {
	t.Parallel()
	const limit, storage, date = "Enter a whole number of 0 or more.", "Enter a whole number of bytes from 0 to 1Pi, such as 500Mi or 2Gi.", "Enter a date such as 2027-12-31."
	const host = " is not a host name. Enter one such as www.alice.org, without https:// and without a path."
	for _, test := range []struct{ path, text, want string }{
		{"displayName", strings.Repeat("ä", 101), "Use at most 100 characters."},
		{"displayName", "a\nb", "Use letters, digits, spaces and punctuation on one line, without invisible characters."},
		{"displayName", "a\u0001b", "Use letters, digits, spaces and punctuation on one line, without invisible characters."},
		{"displayName", "\xff", "Use letters, digits, spaces and punctuation on one line, without invisible characters."},
		{"customDomains", "www.alice.org\nhttps://www.alice.org/", `"https://www.alice.org/"` + host},
		{"customDomains", "alice", `"alice"` + host},
		{"customDomains", "www.alice.org:8080", `"www.alice.org:8080"` + host},
		{"customDomains", "*.alice.org", `"*.alice.org"` + host},
		{"customDomains", "192.0.2.1", `"192.0.2.1"` + host},
		{"customDomains", hosts(21), "A blog can have at most 20 custom domains. Remove one first."},
		{"paidUntil", "31.12.2030", date}, {"paidUntil", "2030-02-31", date},
		{"limits.posts", "-1", limit}, {"limits.posts", "1.5", limit}, {"limits.requestsPerSecond", "2147483648", limit},
		{"limits.storage", "much", storage}, {"limits.storage", "-1Gi", storage}, {"limits.storage", "16E", storage}, {"limits.storage", "2Pi", storage},
		{"limits.storage", "500m", storage}, {"limits.storage", "1.5", storage},
	} {
		var settings tenants.Settings
		var invalid *tenants.InvalidError
		if err := settings.Parse(test.path, test.text); !errors.As(err, &invalid) {
			t.Errorf("%s %q: %v", test.path, test.text, err)
			continue
		}
		if want := (tenants.InvalidField{Path: test.path, Message: test.want}); len(invalid.Fields) != 1 || invalid.Fields[0] != want {
			t.Errorf("%s %q:\ngot  %+v\nwant %+v", test.path, test.text, invalid.Fields, want)
		}
	}
}

// hosts returns n host names, one per line.
func hosts(n int) string {
	var lines strings.Builder
	for i := range n {
		lines.WriteString("www" + string(rune('a'+i)) + ".example.org\n")
	}
	return lines.String()
}
