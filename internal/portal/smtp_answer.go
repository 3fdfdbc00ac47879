package portal

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/echoblogs/echoblogs/internal/web"
)

// smtpError is what a mail server did instead of what it was asked for.
type smtpError struct {
	// asked is what it was asked for.
	asked string
	// code and status are its answer (RFC 5321 section 4.2, RFC 3463), and text what it says to people. 0: it gave none.
	code         int
	status, text string
	// err is why it gave none. nil: it did.
	err error
}

var statusPattern = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// answerTo reads why something that a mail server was asked for did not happen.
func answerTo(asked string, err error) *smtpError {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return &smtpError{asked: asked, err: err}
	}
	status := statusPattern.FindString(answer.Msg)
	return &smtpError{asked: asked, code: answer.Code, status: status, text: strings.TrimSpace(strings.TrimPrefix(answer.Msg, status))}
}

// withoutText keeps what the server says to people from being logged.
func (r *smtpError) withoutText() *smtpError {
	r.text = ""
	return r
}

// without takes an address out of what the server says to people.
func (r *smtpError) without(address string) *smtpError {
	r.text = strings.ReplaceAll(r.text, address, "…")
	return r
}

// Error says what happened, for the log.
func (r *smtpError) Error() string {
	if r.err != nil {
		return "no answer to " + r.asked + ": " + r.err.Error()
	}
	answer := strings.TrimSpace(strconv.Itoa(r.code) + " " + r.status)
	if r.text != "" {
		answer += " " + web.Shorten(r.text)
	}
	return "the answer to " + r.asked + " is " + answer
}

// Unwrap returns why there was no answer.
func (r *smtpError) Unwrap() error { return r.err }

// undeliverable says of a refusal whether it is one for good. What a server refuses by its policy (X.7.X), such as to
// send for us at all, is for those who run the site to settle, and the mail waits for it.
func undeliverable(r *smtpError) error {
	if r.code >= 500 && !strings.HasPrefix(r.status, "5.7.") {
		return fmt.Errorf("%w: %w", ErrUndeliverable, r)
	}
	return r
}
