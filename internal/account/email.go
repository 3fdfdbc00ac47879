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

// CheckEmail returns an *InvalidError if an address, in the form of naming.ASCIIEmail, is not one that email can be sent to.
func CheckEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	local := email[:max(strings.LastIndexByte(email, '@'), 0)]
	switch {
	case len(email) > maxEmail:
		return &InvalidError{FieldEmail, fmt.Sprintf("Enter an email address of at most %d characters.", maxEmail)}
	case naming.IsTitle(local) && !naming.IsASCII(local): // few mail servers accept it (RFC 6531)
		return &InvalidError{FieldEmail, "We cannot send email to this address: use one with only the letters a to z, digits and punctuation before the @."}
	case err != nil || parsed.Address != email || !naming.IsEmail(email) || !naming.IsASCII(email):
		return &InvalidError{FieldEmail, "Enter a valid email address, such as jane@example.com."}
	}
	return nil
}
