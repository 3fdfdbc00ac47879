package portal

import (
	"fmt"
	"net/mail"
	"strings"
)

// maxEmail is the length of the longest email address, in bytes (RFC 3696, erratum 1690).
const maxEmail = 254

// checkEmail returns what is wrong with an address, or "".
func checkEmail(email string) string {
	parsed, err := mail.ParseAddress(email)
	switch {
	case len(email) > maxEmail:
		return fmt.Sprintf("Enter an email address of at most %d characters.", maxEmail)
	case err != nil || parsed.Address != email || strings.Count(email, "@") != 1 || strings.Contains(email, " "):
		return "Enter a valid email address, such as jane@example.com."
	}
	return ""
}
