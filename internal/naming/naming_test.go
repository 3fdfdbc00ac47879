package naming_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/naming"
)

func TestCheckTenant(t *testing.T) {
	t.Parallel()
	for name, legal := range map[string]bool{
		"alice": true, "john-doe": true, "1": true, "a1-b2": true, strings.Repeat("a", 40): true, "a--b": true, "abc--d": true, "xn-": false, "xn-a": true, "supporter": true,
		"": false, "-a": false, "a-": false, "A": false, "a_b": false, "a.b": false, "ä": false, "a b": false,
		strings.Repeat("a", 41): false, "pg-a": false, "deleted-1": false, "public": false, "information-schema": false, "a\n": false,
		"xn--bcher-kva": false, "xn--pypal-4ve": false, "ab--c": false, "a---b": false, "12--3": false,
		"helpdesk": false, "help-desk": false, "h-e-l-p": false, "signin": false, "sign-in": false, "secure": false, "verify": false, "password": false,
		"payments": false, "pay-ments": false, "mta-sts": false, "mtasts": false, "noreply": false, "no-reply": false, "wpad": false, "w-p-a-d": false,
		"reset-password": false, "password-reset": false, "my-account": false, "passkey": false, "webauthn": false, "customer-service": false, "columnar-internal": false,
		"echoblogs-login": false, "my-echo-blogs": false, "echoblogs": false, "echoblog": true, "passkeeper": true,
	} {
		checkSentence(t, "CheckTenant", name, legal, naming.CheckTenant(name))
	}
}

func TestCheckRolePrefix(t *testing.T) {
	t.Parallel()
	for prefix, legal := range map[string]bool{
		"echoblogs": true, "a": true, "a_1": true, "pga": true, strings.Repeat("a", 48): true,
		"": false, "1a": false, "_a": false, "a_": false, "A": false, "a-b": false, "a'b": false, "a\n": false, "ä": false, "pg": false, "pg_a": false,
		strings.Repeat("a", 49): false,
	} {
		checkSentence(t, "CheckRolePrefix", prefix, legal, naming.CheckRolePrefix(prefix))
	}
}

func checkSentence(t *testing.T, function, name string, legal bool, err error) {
	t.Helper()
	var refused *naming.NameError
	switch {
	case legal && err != nil:
		t.Errorf("%s(%q): %v, want that it is legal", function, name, err)
	case !legal && (!errors.As(err, &refused) || refused.Name != name || refused.Sentence == ""):
		t.Errorf("%s(%q): %v, want a sentence", function, name, err)
	}
}

func TestReservedNamesAreSortedAndValid(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(naming.Reserved) {
		t.Error("the list is not sorted")
	}
	label := regexp.MustCompile(`^[a-z0-9]+$`)
	for i, name := range naming.Reserved {
		if !label.MatchString(name) || slices.Index(naming.Reserved, name) != i {
			t.Errorf("%q is listed twice, or could not be a name anyway", name)
		}
	}
}

func TestTombstoneNamesAreReserved(t *testing.T) {
	t.Parallel()
	name := naming.Tombstone(42, time.Date(2027, 1, 31, 23, 30, 0, 0, time.FixedZone("east", 3600)))
	if name != "deleted_42_20270131223000" {
		t.Errorf("tombstone %q", name)
	}
}

func TestNormalizeHost(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"alice.example.com": "alice.example.com", "ALICE.Example.COM": "alice.example.com", "alice.example.com:8000": "alice.example.com",
		"alice.example.com.": "alice.example.com", "Alice.example.com.:80": "alice.example.com", "bücher.example": "xn--bcher-kva.example",
		"XN--BCHER-KVA.example": "xn--bcher-kva.example", "R2---SN-x.Example.org": "r2---sn-x.example.org", "localhost": "localhost", "a.localhost:": "a.localhost", "123.example": "123.example",
		"": "", ".": "", "..": "", "a..b": "", ".a": "", "-a.b": "", "a-.b": "", "a_b.c": "", "a b": "", "a/b": "",
		"10.0.0.1": "", "10.0.0.1:80": "", "[::1]": "", "[::1]:80": "", "::1": "",
		"10.1": "", "10.0.0.256": "", "www.alice.1": "", "www.alice.0": "", "1": "", "0x7f": "", "www.alice.0x7F": "", "a.0x": "", "1.2.3.4.5:80": "",
		"1.a": "1.a", "www.alice.0xg": "www.alice.0xg", "www.alice.a1": "www.alice.a1", "www.alice.1a": "www.alice.1a", "www.alice.x1": "www.alice.x1",
		"a:b": "", "a:123456": "",
		strings.Repeat("a", 64) + ".b": "", strings.Repeat("a.", 127) + "b": "", "a\x00b": "", "a.b..": "",
	} {
		got, err := naming.NormalizeHost(header)
		if got != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, naming.ErrHost) {
			t.Errorf("NormalizeHost(%q) = %q, %v, want %q", header, got, err, want)
		}
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"example.com": true, "a.example.com": true, "a.b.example.com": true, "notexample.com": false, "example.com.evil": false, "com": false,
	} {
		if got := naming.Under(host, "example.com"); got != want {
			t.Errorf("Under(%q) = %v", host, got)
		}
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{
		"https://example.com": "https://a.example.com", "http://localhost:8000/": "http://a.example.com:8000", "": "https://a.example.com", "%": "https://a.example.com",
	} {
		if got := naming.URL(public, "a.example.com"); got != want {
			t.Errorf("URL(%q) = %q, want %q", public, got, want)
		}
	}
}

// For any Host header, the result is a plain DNS name, which NormalizeHost does not change again.
func FuzzNormalizeHost(f *testing.F) {
	for _, seed := range []string{"alice.example.com", "ALICE.example.com:8000", "bücher.example.", "10.0.0.1", "[::1]:80", "", "a..b", "xn--a", "Ⅷ.com", "a。b"} {
		f.Add(seed)
	}
	plain := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$`)
	f.Fuzz(func(t *testing.T, header string) {
		host, err := naming.NormalizeHost(header)
		if err != nil {
			return
		}
		if !plain.MatchString(host) || len(host) > 253 {
			t.Errorf("NormalizeHost(%q) = %q", header, host)
		}
		if again, err := naming.NormalizeHost(host); again != host || err != nil {
			t.Errorf("NormalizeHost(%q) = %q, and again %q, %v", header, host, again, err)
		}
	})
}

var schemaName = regexp.MustCompile(`^[a-z0-9_]{1,48}$`)

// Two legal names never share a schema, and a legal name's schema is legal.
func FuzzSchemaOfName(f *testing.F) {
	f.Add("john-doe", "john-d-oe")
	f.Add("a", "b")
	f.Fuzz(func(t *testing.T, a, b string) {
		if naming.CheckTenant(a) != nil || naming.CheckTenant(b) != nil {
			return
		}
		// The rule for spec.schemaName in api/v1alpha1.
		if schema := naming.Schema(a); !schemaName.MatchString(schema) || strings.HasPrefix(schema, "pg_") || strings.HasPrefix(schema, "deleted_") {
			t.Errorf("the schema of %q is %q", a, schema)
		}
		if a != b && naming.Schema(a) == naming.Schema(b) {
			t.Errorf("%q and %q have the schema %q", a, b, naming.Schema(a))
		}
	})
}
