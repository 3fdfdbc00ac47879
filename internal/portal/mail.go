package portal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wneessen/go-mail"
)

// mailTimeout bounds the sending of one mail.
const mailTimeout = 20 * time.Second

// Mail is one to be sent, as plain text.
type Mail struct {
	// To is the recipient's address.
	To string
	// Subject and Body are in English; lines of Body end with \n.
	Subject, Body string
}

// Mailer sends mails.
type Mailer interface {
	// Send sends one. An error says that it may not have been sent.
	Send(ctx context.Context, m Mail) error
}

// SMTP sends by a mail server.
type SMTP struct {
	// Host and Port are the server's.
	Host string
	Port int
	// Username and Password log in there. Empty: nobody logs in.
	Username, Password string
	// From is the sender's address.
	From string
	// Plain sends without TLS where the server offers none, which is for servers on the same machine.
	Plain bool
}

// Send sends a mail.
func (s SMTP) Send(ctx context.Context, m Mail) error {
	message, err := compose(s.From, m)
	if err != nil {
		return err
	}
	policy := mail.TLSMandatory
	if s.Plain {
		policy = mail.TLSOpportunistic
	}
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTLSPolicy(policy), mail.WithTimeout(mailTimeout)}
	if s.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Username), mail.WithPassword(s.Password))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return fmt.Errorf("prepare to talk to the mail server %s: %w", s.Host, err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("send a mail by %s: %w", s.Host, err)
	}
	return nil
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
	message := mail.NewMsg()
	if err := message.From(from); err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	if err := message.To(m.To); err != nil {
		return nil, fmt.Errorf("the recipient's address: %w", err)
	}
	message.Subject(m.Subject)
	message.SetMessageID()
	message.SetDate()
	message.SetBodyString(mail.TypeTextPlain, m.Body)
	return message, nil
}
