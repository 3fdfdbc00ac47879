package transport_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/mail/transport"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/mailserver"
)

// trusted is the certificate of servers that this program trusts.
var trusted tls.Certificate

func TestMain(m *testing.M) { os.Exit(trustThenRun(m)) }

func trustThenRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "authority")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	if trusted, err = certificate.New(folder); err != nil {
		panic(err)
	}
	// Read once, by the first connection.
	if err := os.Setenv("SSL_CERT_DIR", folder); err != nil {
		panic(err)
	}
	return m.Run()
}

const sender = "noreply@blogs.example"

// transport returns one that uses a server, with the user and the password that it knows.
func newTransport(t *testing.T, address string, change ...func(*transport.SMTPOptions)) *transport.SMTP {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	options := transport.SMTPOptions{
		Host: host, Port: number, Username: mailserver.User, Password: mailserver.Password, From: "Blogs <" + sender + ">",
	}
	for _, c := range change {
		c(&options)
	}
	s, err := transport.NewSMTP(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func secured(security transport.SMTPSecurity) func(*transport.SMTPOptions) {
	return func(o *transport.SMTPOptions) { o.Security = security }
}

func anonymous(o *transport.SMTPOptions) { o.Username, o.Password = "", "" }

var letter = mail.Message{
	To: "alice@people.example", Subject: "Choose a new password", Body: "Hello älice,\n\nhttps://blogs.example/?token=SECRET\n", ID: "17.4711", Date: time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC),
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server     mailserver.Security
		rules      mailserver.Rules
		security   transport.SMTPSecurity
		plain      bool
		wantLogins int
	}{
		"STARTTLS":     {server: mailserver.StartTLS, security: transport.SMTPStartTLS, wantLogins: 1},
		"implicit TLS": {server: mailserver.Implicit, security: transport.SMTPImplicit, wantLogins: 1},
		"AUTH LOGIN":   {server: mailserver.StartTLS, rules: mailserver.Rules{Login: true}, security: transport.SMTPStartTLS, wantLogins: 1},
		"no TLS":       {server: mailserver.Plain, security: transport.SMTPPlain, plain: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.New(t, test.server, trusted)
			server.Obey(test.rules)
			change := []func(*transport.SMTPOptions){secured(test.security)}
			if test.plain {
				change = append(change, anonymous)
			}
			if err := newTransport(t, server.Address, change...).Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			accepted := server.Accepted()
			if len(accepted) != 1 {
				t.Fatalf("accepted: %+v", accepted)
			}
			got := accepted[0]
			if got.From != sender || got.To != letter.To || got.Hello != "blogs.example" || got.Encrypted == test.plain || got.Body != letter.Body {
				t.Errorf("accepted: %+v", got)
			}
			for header, want := range map[string]string{
				"From": `^"Blogs" <` + sender + `>$`, "To": "^<" + letter.To + ">$", "Subject": "^Choose a new password$", "Auto-Submitted": "^auto-generated$",
				"Message-Id": `^<17\.4711@blogs\.example>$`, "Content-Type": `^text/plain; charset=UTF-8$`, "Mime-Version": `^1\.0$`,
				"Date": "^Sun, 10 Jan 2027 12:00:00 [+]0000$", "User-Agent": "^$", "X-Mailer": "^$",
			} {
				if value := got.Header.Get(header); !regexp.MustCompile(want).MatchString(value) || len(got.Header[header]) > 1 {
					t.Errorf("header %s: %q, want %s", header, got.Header[header], want)
				}
			}
			if server.Logins() != test.wantLogins {
				t.Errorf("%d logins", server.Logins())
			}
			if wire := server.Wire(); !test.plain && strings.Contains(wire, "alice") {
				t.Errorf("sent in the clear:\n%s", wire)
			}
			withoutPassword(t, server.Wire(), mailserver.Password)
		})
	}
}

// withoutPassword fails the test when a password is in a text, in any form in which it is sent.
func withoutPassword(t *testing.T, text, password string) {
	t.Helper()
	for _, form := range []string{
		password, base64.StdEncoding.EncodeToString([]byte(password)), base64.StdEncoding.EncodeToString([]byte("\x00" + mailserver.User + "\x00" + password)),
	} {
		if strings.Contains(text, form) {
			t.Errorf("the password is in:\n%s", text)
		}
	}
}

// Neither the email nor the password is sent over a connection that is not secure.
func TestSMTPConnectionErrors(t *testing.T) {
	t.Parallel()
	untrusted, err := certificate.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		server      mailserver.Security
		certificate tls.Certificate
		change      func(*transport.SMTPOptions)
		want        string
	}{
		"no STARTTLS": {
			server: mailserver.Plain, change: secured(transport.SMTPStartTLS),
			want: `STARTTLS mode set to: "TLSMandatory", but target host does not support STARTTLS`,
		},
		"untrusted, STARTTLS": {
			server: mailserver.StartTLS, certificate: untrusted, change: secured(transport.SMTPStartTLS),
			want: "tls: failed to verify certificate: x509: certificate signed by unknown authority",
		},
		"untrusted, implicit TLS": {
			server: mailserver.Implicit, certificate: untrusted, change: secured(transport.SMTPImplicit),
			want: "tls: failed to verify certificate: x509: certificate signed by unknown authority",
		},
		"wrong password": {
			server: mailserver.StartTLS, certificate: trusted, change: func(o *transport.SMTPOptions) { o.Password = "not the password" },
			want: "the server replied 535 5.7.8",
		},
		"no password": {
			server: mailserver.StartTLS, certificate: trusted, change: anonymous,
			want: "sending SMTP MAIL FROM command: the server replied 502 5.7.0",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.New(t, test.server, test.certificate)
			err := newTransport(t, server.Address, test.change).Send(t.Context(), letter)
			if err == nil || !strings.HasSuffix(err.Error(), server.Address+": "+test.want) {
				t.Fatalf("got %v, want an error that ends with %q", err, test.want)
			}
			waits(t, err)
			withoutPassword(t, err.Error(), "not the password")
			if accepted := server.Accepted(); len(accepted) != 0 || strings.Contains(server.Wire(), "alice") {
				t.Errorf("sent: %+v, in the clear:\n%s", accepted, server.Wire())
			}
			for _, password := range []string{mailserver.Password, "not the password"} {
				withoutPassword(t, server.Wire(), password)
			}
		})
	}
}

// waits fails the test when an email with this error would not be sent again.
func waits(t *testing.T, err error) {
	t.Helper()
	var permanent *outbox.PermanentError
	if errors.As(err, &permanent) {
		t.Errorf("the error is permanent: %v", err)
	}
}

// A permanent refusal abandons an email; after any other it is retried. Servers may repeat what they were sent; errors do
// not.
func TestSMTPRefusals(t *testing.T) {
	t.Parallel()
	server := mailserver.New(t, mailserver.StartTLS, trusted)
	s := newTransport(t, server.Address)
	for _, test := range []struct {
		code      int
		status    smtp.EnhancedCode
		permanent bool
		want      string
	}{
		{451, smtp.EnhancedCode{4, 3, 0}, false, "451 4.3.0"},
		{554, smtp.EnhancedCode{5, 7, 1}, false, "554 5.7.1"},
		{550, smtp.EnhancedCode{5, 1, 1}, true, "550 5.1.1"},
		{550, smtp.NoEnhancedCode, true, "550"},
	} {
		reply := func(sent string) error {
			return &smtp.SMTPError{Code: test.code, EnhancedCode: test.status, Message: "do not send " + strings.Join(strings.Fields(sent), " ")}
		}
		for command, rules := range map[string]mailserver.Rules{
			"sending SMTP RCPT TO command": {Recipient: reply}, "closing SMTP DATA writer": {Text: reply},
		} {
			server.Obey(rules)
			err := s.Send(t.Context(), letter)
			want := "send mail through " + server.Address + ": " + command + ": the server replied " + test.want
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			var permanent *outbox.PermanentError
			if errors.As(err, &permanent) != test.permanent {
				t.Errorf("%s: permanent is %v", want, !test.permanent)
			}
		}
	}
}

// An email counts as sent once the server has said that it accepts it, and not before.
func TestSMTPConnectionIsCut(t *testing.T) {
	t.Parallel()
	server := mailserver.New(t, mailserver.StartTLS, trusted)
	s := newTransport(t, server.Address)
	server.Obey(mailserver.Rules{CutBefore: true})
	err := s.Send(t.Context(), letter)
	if want := "send mail through " + server.Address + ": closing SMTP DATA writer: no reply"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	waits(t, err)
	server.Obey(mailserver.Rules{CutAfter: true})
	if err := s.Send(t.Context(), letter); err != nil {
		t.Errorf("an accepted mail counts as not sent: %v", err)
	}
	accepted := server.Accepted()
	if len(accepted) != 2 || accepted[0].Raw != accepted[1].Raw {
		t.Errorf("the second attempt sends another email: %+v", accepted)
	}
}

// If a server does not reply, Send returns when the context ends.
func TestSMTPTimeout(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	server := mailserver.New(t, mailserver.StartTLS, trusted)
	release := make(chan struct{})
	defer close(release)
	server.Obey(mailserver.Rules{Wait: func() { <-release }})
	for address, want := range map[string]string{
		silent.Addr().String(): "connect to mail server " + silent.Addr().String() + ": the server took too long",
		server.Address:         "send mail through " + server.Address + ": the server took too long",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := newTransport(t, address).Send(ctx, letter)
		cancel()
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		waits(t, err)
	}
	silent.Close()
	err = newTransport(t, silent.Addr().String()).Send(t.Context(), letter)
	if err == nil || !strings.HasSuffix(err.Error(), "connect: connection refused") {
		t.Errorf("got %v, want connection refused", err)
	}
	waits(t, err)
}

func TestNewSMTPRefusesOptions(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]transport.SMTPOptions{
		`unknown security "yes" of the mail server: use starttls, implicit or none`:                      {Security: "yes", From: sender},
		"authentication to the mail server needs both a user name and a password":                        {Username: "me", From: sender},
		"the password of the mail server is only sent over TLS: use starttls or implicit":                {Username: "me", Password: "pass", Security: transport.SMTPPlain, From: sender},
		`parse sender's address: failed to parse mail address "nobody": mail: missing '@' or angle-addr`: {From: "nobody"},
	} {
		options.Host = "mail.example"
		if _, err := transport.NewSMTP(options); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
