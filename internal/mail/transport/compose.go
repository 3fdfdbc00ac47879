// Package transport sends emails through a mail server, or writes them into a folder.
package transport

import (
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/echoblogs/echoblogs/internal/mail"
)

// compose returns an email in the format of RFC 5322.
func compose(from string, m mail.Message) (*gomail.Msg, error) {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.From(from); err != nil {
		return nil, fmt.Errorf("parse sender's address: %w", err)
	}
	if err := message.To(m.To); err != nil {
		return nil, fmt.Errorf("parse recipient's address: %w", err)
	}
	message.Subject(m.Subject)
	message.SetMessageIDWithValue(m.ID + "@" + senderDomain(message))
	message.SetDateWithValue(m.Date)
	// Keeps vacation responders from answering (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, m.Body)
	return message, nil
}

// senderDomain returns the domain of a message's sender. It identifies the site to mail servers, to which the host names
// of pods mean nothing.
func senderDomain(message *gomail.Msg) string {
	var domain string
	for _, from := range message.GetFrom() {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	return domain
}
