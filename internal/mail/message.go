package mail

import (
	"fmt"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Message is a mail in plain text.
type Message struct {
	// To is the recipient's address.
	To string
	// Subject and Body are in English; lines of Body end with \n.
	Subject, Body string
	// ID is unique on this site and the same for every attempt to send the mail, so that mail servers can recognize a
	// repeated one.
	ID string
	// Date is when the mail was written.
	Date time.Time
}

// compose returns a mail as RFC 5322 has it.
func compose(from string, m Message) (*mail.Msg, error) {
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
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
	message.SetBodyString(mail.TypeTextPlain, m.Body)
	return message, nil
}

// senderDomain returns the domain of a message's sender. It identifies the site to mail servers, to which the host names
// of pods mean nothing.
func senderDomain(message *mail.Msg) string {
	var domain string
	for _, from := range message.GetFrom() {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	return domain
}
