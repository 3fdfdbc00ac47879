package account

import (
	"fmt"
	"net/mail"
	"strings"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// maxEmail is the length of the longest email address, in bytes (RFC 3696, erratum 1690).
const maxEmail = 254

// InvalidError is returned for a value that cannot be used.
type InvalidError struct {
	Field Field
	// Sentence tells the person who entered the value what to do.
	Sentence string
}

func (e *InvalidError) Error() string { return e.Sentence }

// EmailKey returns the form in which email addresses are compared.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// CheckEmail returns an *InvalidError if an address is not a plain email address.
func CheckEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	switch {
	case len(email) > maxEmail:
		return &InvalidError{FieldEmail, fmt.Sprintf("Enter an email address of at most %d characters.", maxEmail)}
	case err != nil || parsed.Address != email || !naming.IsEmail(email):
		return &InvalidError{FieldEmail, "Enter a valid email address, such as jane@example.com."}
	}
	return nil
}
