package portal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail is one to be sent, as plain text.
type Mail struct {
	// To is the recipient's address.
	To string
	// Subject and Body are in English; lines of Body end with \n.
	Subject, Body string
	// ID tells it from all others of the site. It is the same whenever the mail is sent again, so that mail servers which
	// were cut off before they said that they have it can tell.
	ID string
	// Date is when it was written.
	Date time.Time
}

// ErrUndeliverable says that a mail will not be taken, however often it is sent.
var ErrUndeliverable = errors.New("nobody takes this mail")

// Mailer sends mails.
type Mailer interface {
	// Send sends one. An error says that it may not have been sent; when it is ErrUndeliverable, that it never will be.
	Send(ctx context.Context, m Mail) error
}

// MailFolder writes mails into a folder instead of sending them, one .eml file each: for demos and tests.
type MailFolder struct {
	// Path is the folder, which is made when it is missing.
	Path string
	// From is the sender's address.
	From string
}

// Send writes a mail.
func (f MailFolder) Send(_ context.Context, m Mail) error {
	message, err := compose(f.From, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return fmt.Errorf("make the folder for mails: %w", err)
	}
	// Under its last name only when it is whole: somebody may be waiting for it.
	file, err := os.CreateTemp(f.Path, ".mail-*")
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	_, err = message.WriteTo(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		name := time.Now().UTC().Format("20060102T150405.000000000Z") + filepath.Base(file.Name())[len(".mail"):] + ".eml"
		err = os.Rename(file.Name(), filepath.Join(f.Path, name))
	}
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	return nil
}

func compose(from string, m Mail) (*mail.Msg, error) {
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := message.From(from); err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	if err := message.To(m.To); err != nil {
		return nil, fmt.Errorf("the recipient's address: %w", err)
	}
	message.Subject(m.Subject)
	message.SetMessageIDWithValue(m.ID + "@" + domainOf(message))
	message.SetDateWithValue(m.Date)
	// Those who are away do not answer to it (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(mail.TypeTextPlain, m.Body)
	return message, nil
}

// domainOf returns the domain of a message's sender, which stands for the site where it talks to mail servers: the names
// of pods mean nothing to them.
func domainOf(message *mail.Msg) string {
	var domain string
	for _, from := range message.GetFrom() {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	return domain
}
