package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/echoblogs/echoblogs/internal/mail"
)

// sendTimeout bounds the sending of one email.
const sendTimeout = 20 * time.Second

// SMTPSecurity says how the connection to a mail server is secured.
type SMTPSecurity string

// The ways to secure the connection to a mail server.
const (
	// SMTPStartTLS requires STARTTLS: without it, nothing is sent.
	SMTPStartTLS SMTPSecurity = "starttls"
	// SMTPImplicit uses TLS from the start (RFC 8314).
	SMTPImplicit SMTPSecurity = "implicit"
	// SMTPPlain uses neither TLS nor authentication. It is for servers on the same machine.
	SMTPPlain SMTPSecurity = "none"
)

// smtpPorts are the default ports.
var smtpPorts = map[SMTPSecurity]int{SMTPStartTLS: 587, SMTPImplicit: 465, SMTPPlain: 25}

// SMTPOptions configure an SMTP.
type SMTPOptions struct {
	// Host is the mail server and the name in its certificate. Required.
	Host string
	// Port defaults to the usual one for Security.
	Port int
	// Security defaults to SMTPStartTLS.
	Security SMTPSecurity
	// Username and Password authenticate to the server. Empty: no authentication.
	Username, Password string
	// From is the sender's address. Required.
	From string
}

// SMTP is a mail.Transport that sends through a mail server, using go-mail's client. Its errors contain only the code and
// the enhanced status code of a server's reply: the text of the reply may repeat addresses, links or credentials.
type SMTP struct{ options SMTPOptions }

// NewSMTP checks the options and returns a transport. It does not connect yet.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	o.Security = cmp.Or(o.Security, SMTPStartTLS)
	port, known := smtpPorts[o.Security]
	switch {
	case !known:
		return nil, fmt.Errorf("unknown security %q of the mail server: use %s, %s or %s", o.Security, SMTPStartTLS, SMTPImplicit, SMTPPlain)
	case (o.Username == "") != (o.Password == ""):
		return nil, errors.New("authentication to the mail server needs both a user name and a password")
	case o.Username != "" && o.Security == SMTPPlain:
		return nil, fmt.Errorf("the password of the mail server is only sent over TLS: use %s or %s", SMTPStartTLS, SMTPImplicit)
	}
	o.Port = cmp.Or(o.Port, port)
	_, err := compose(o.From, mail.Message{To: o.From})
	return &SMTP{options: o}, err
}

// Send sends an email. It returns nil once the server has accepted the email, even if the connection fails afterwards.
func (s *SMTP) Send(ctx context.Context, m mail.Message) error {
	message, err := compose(s.options.From, m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	client, err := s.client(ctx, senderDomain(message))
	if err != nil {
		return fmt.Errorf("configure SMTP client: %w", err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server %s: %w", client.ServerAddr(), timeoutOr(ctx, replyError(err)))
	}
	if err := s.authenticate(session); err != nil {
		return fmt.Errorf("authenticate to mail server %s: %w", client.ServerAddr(), timeoutOr(ctx, err))
	}
	err = client.SendWithSMTPClient(session, message)
	if err != nil && !message.IsDelivered() {
		return fmt.Errorf("send mail through %s: %w", client.ServerAddr(), timeoutOr(ctx, sendError(err)))
	}
	_ = session.Quit() // the email has been accepted
	return nil
}

// client returns a client for one email. Its connection is closed when ctx ends. The client does not authenticate: see
// authenticate, whose errors are handled differently from connection errors.
func (s *SMTP) client(ctx context.Context, domain string) (*gomail.Client, error) {
	policy := gomail.NoTLS
	if s.options.Security == SMTPStartTLS {
		policy = gomail.TLSMandatory
	}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		connection, err := s.dial(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { connection.Close() })
		}
		return connection, err
	}
	return gomail.NewClient(s.options.Host, gomail.WithPort(s.options.Port), gomail.WithHELO(domain), gomail.WithTimeout(sendTimeout),
		gomail.WithDialContextFunc(dial), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tls()),
		gomail.WithoutNoop(), gomail.WithoutRset())
}

func (s *SMTP) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.options.Security == SMTPImplicit {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.options.Host, MinVersion: tls.VersionTLS12}
}

// authenticate logs in to the server. NewSMTP guarantees that the connection uses TLS.
func (s *SMTP) authenticate(session *smtp.Client) error {
	o := s.options
	if o.Username == "" {
		return nil
	}
	_, offered := session.Extension("AUTH")
	auth := smtp.PlainAuth("", o.Username, o.Password, o.Host, false)
	switch mechanisms := strings.Fields(offered); {
	case slices.Contains(mechanisms, "PLAIN"):
	case slices.Contains(mechanisms, "LOGIN"):
		auth = smtp.LoginAuth(o.Username, o.Password, o.Host, false)
	default:
		return errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")
	}
	if err := session.Auth(auth); err != nil {
		return authError(err)
	}
	return nil
}
