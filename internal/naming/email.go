package naming

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ASCIIEmail returns an email address as it is stored and as mail servers know it: without spaces around it, and with the
// ASCII form of an international domain (RFC 5891). A domain without such a form is left as it is.
func ASCIIEmail(email string) string {
	email = strings.TrimSpace(email)
	at := strings.LastIndexByte(email, '@')
	if at < 0 || IsASCII(email[at+1:]) {
		return email
	}
	domain, err := idna.Lookup.ToASCII(email[at+1:])
	if err != nil {
		return email
	}
	return email[:at+1] + domain
}

// EmailKey returns the form in which email addresses are compared.
func EmailKey(email string) string { return strings.ToLower(ASCIIEmail(email)) }

// IsASCII reports whether s is ASCII.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
