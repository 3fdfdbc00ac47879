package portal

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// mailTimeout bounds the sending of one mail.
const mailTimeout = 20 * time.Second

// SMTPSecurity says how a connection to a mail server is kept from being read and changed on its way.
type SMTPSecurity string

// The ways to talk to a mail server.
const (
	// SMTPStartTLS asks the server for TLS, and sends nothing where it has none.
	SMTPStartTLS SMTPSecurity = "starttls"
	// SMTPImplicit begins with TLS (RFC 8314).
	SMTPImplicit SMTPSecurity = "implicit"
	// SMTPPlain never asks for TLS, and nobody logs in. It is for servers on the same machine.
	SMTPPlain SMTPSecurity = "none"
)

// smtpPorts are where servers listen that are talked to so.
var smtpPorts = map[SMTPSecurity]int{SMTPStartTLS: 587, SMTPImplicit: 465, SMTPPlain: 25}

// SMTPOptions say by which mail server mails are sent.
type SMTPOptions struct {
	// Host is the server's, and the name in its certificate. Required.
	Host string
	// Port is the server's. Defaults to the one that is usual for Security.
	Port int
	// Security defaults to SMTPStartTLS.
	Security SMTPSecurity
	// Username and Password log in there. Empty: nobody logs in.
	Username, Password string
	// From is the sender's address. Required.
	From string
}

// SMTP sends by a mail server.
type SMTP struct{ options SMTPOptions }

// NewSMTP returns who sends so. It connects to nothing yet.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	o.Security = cmp.Or(o.Security, SMTPStartTLS)
	port, known := smtpPorts[o.Security]
	switch {
	case !known:
		return nil, fmt.Errorf("a mail server is talked to with %s, %s or %s, not with %q", SMTPStartTLS, SMTPImplicit, SMTPPlain, o.Security)
	case (o.Username == "") != (o.Password == ""):
		return nil, errors.New("to log in at the mail server takes both a user name and a password")
	case o.Username != "" && o.Security == SMTPPlain:
		return nil, errors.New("the password for the mail server is sent over TLS alone: use " + string(SMTPStartTLS) + " or " + string(SMTPImplicit))
	}
	o.Port = cmp.Or(o.Port, port)
	_, err := compose(o.From, Mail{To: o.From})
	return &SMTP{options: o}, err
}

// Send sends a mail.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	message, err := compose(s.options.From, m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	address := net.JoinHostPort(s.options.Host, strconv.Itoa(s.options.Port))
	connection, err := s.dial(ctx, address)
	if err != nil {
		return fmt.Errorf("reach the mail server %s: %w", address, err)
	}
	defer connection.Close()
	// Whatever the server does, or fails to do, is over when the time is.
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	err = s.converse(connection, message)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("the mail server %s took too long: %w", address, ctx.Err())
	case err != nil:
		return fmt.Errorf("send a mail by %s: %w", address, err)
	}
	return nil
}

func (s *SMTP) dial(ctx context.Context, address string) (net.Conn, error) {
	if s.options.Security == SMTPImplicit {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.options.Host, MinVersion: tls.VersionTLS12}
}

// converse sends a message over a new connection, step by step, so that it is known which of them the server refused.
func (s *SMTP) converse(connection net.Conn, message *mail.Msg) error {
	client, err := smtp.NewClient(connection, s.options.Host)
	if err != nil {
		return answerTo("the greeting", err)
	}
	if err := client.Hello(domainOf(message)); err != nil {
		return answerTo("EHLO", err)
	}
	if s.options.Security == SMTPStartTLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return errors.New("it offers no TLS (STARTTLS), and nothing is sent without")
		}
		if err := client.StartTLS(s.tls()); err != nil {
			return answerTo("STARTTLS", err)
		}
	}
	if s.options.Username != "" {
		if err := s.logIn(client); err != nil {
			return err
		}
	}
	if err := deliver(client, message); err != nil {
		return err
	}
	// It has been taken. What goes wrong with the goodbye is no reason to send it twice.
	_ = client.Quit()
	return nil
}

// logIn shows who sends. The connection is one with TLS: NewSMTP has seen to it.
func (s *SMTP) logIn(client *smtp.Client) error {
	o := s.options
	_, offered := client.Extension("AUTH")
	by := smtp.PlainAuth("", o.Username, o.Password, o.Host, false)
	switch ways := strings.Fields(offered); {
	case slices.Contains(ways, "PLAIN"):
	case slices.Contains(ways, "LOGIN"):
		by = smtp.LoginAuth(o.Username, o.Password, o.Host, false)
	default:
		return fmt.Errorf("it offers no way to log in that is known here, which are PLAIN and LOGIN, but %q", offered)
	}
	if err := client.Auth(by); err != nil {
		return answerTo("AUTH", err).withoutText() // which may repeat what it was sent
	}
	return nil
}

// deliver hands a message over.
func deliver(client *smtp.Client, message *mail.Msg) error {
	from, err := message.GetSender(false)
	if err != nil {
		return fmt.Errorf("the sender's address: %w", err)
	}
	to, err := message.GetRecipients()
	if err != nil {
		return fmt.Errorf("the recipient's address: %w", err)
	}
	if err := client.Mail(from); err != nil {
		return answerTo("MAIL FROM", err)
	}
	for _, recipient := range to {
		if err := client.Rcpt(recipient); err != nil {
			return undeliverable(answerTo("RCPT TO", err).without(strings.Trim(recipient, "<>")))
		}
	}
	writer, err := client.Data()
	if err != nil {
		return answerTo("DATA", err)
	}
	if _, err := message.WriteTo(writer); err != nil {
		return fmt.Errorf("send the text: %w", err)
	}
	if err := writer.Close(); err != nil {
		return undeliverable(answerTo("the text", err).withoutText()) // which may repeat the links in it, as filters do
	}
	return nil
}
