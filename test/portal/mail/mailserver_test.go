package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

const (
	mailUser     = "postman"
	mailPassword = "rings twice, and always"
	mailFrom     = "noreply@blogs.example"
)

// mailServer is a mail server on this machine. It takes mails of those who have logged in by TLS.
type mailServer struct {
	address     string // HOST:PORT
	authorities string // the folder with the authority that its certificate is of

	mu     sync.Mutex
	taken  []envelope
	rules  mailRules
	logins int
	wire   bytes.Buffer // what was sent to it, as others in between could have read it
}

// envelope is a mail that was taken, and how it came.
type envelope struct {
	portaltest.Mail
	Hello, From, To string
	Encrypted       bool
}

// mailRules are how a mail server does not do what it is asked for. The zero value takes every mail.
type mailRules struct {
	// Recipient and Text are what it answers instead of taking a recipient, or the text of a mail.
	Recipient, Text func(said string) error
	// Wait is called before it takes a mail.
	Wait func()
	// CutBefore and CutAfter make it take a mail, and end the connection before or after it says so.
	CutBefore, CutAfter bool
	// Login makes it know no other way to log in than LOGIN, as some do.
	Login bool
}

// newMailServer starts one that is talked to so.
func newMailServer(t *testing.T, security mail.SMTPSecurity) *mailServer {
	t.Helper()
	certificate, authorities := stack.NewCertificate(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{address: listener.Addr().String(), authorities: authorities}
	listener = wiretap{listener, s}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{server: s, conn: c}, nil }))
	server.Domain, server.ErrorLog = "mail.test", log.New(io.Discard, "", 0)
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch security {
	case mail.SMTPStartTLS:
		server.TLSConfig = settings
	case mail.SMTPImplicit:
		listener = tls.NewListener(listener, settings)
	case mail.SMTPPlain:
		server.AllowInsecureAuth = true // it would even take a password
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return s
}

// settings returns the flags for a public site that sends mails by the server at an address, and sets what it finds in
// its environment.
func (s *mailServer) settings(t *testing.T, p *stack.Platform, address string, further ...string) []string {
	t.Helper()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(mailPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.PortalEnvironment = []string{
		"SSL_CERT_DIR=" + s.authorities, "ECHOBLOGS_SMTP_USERNAME=" + mailUser, "ECHOBLOGS_SMTP_PASSWORD_FILE=" + password,
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"--mail-folder=", "--mail-from=Blogs <" + mailFrom + ">", "--smtp-host=" + host, "--smtp-port=" + port}, further...)
}

// obey has the server do as the rules say from now on.
func (s *mailServer) obey(rules mailRules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = rules
}

func (s *mailServer) obeyed() mailRules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

// all returns what was taken so far.
func (s *mailServer) all() []envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]envelope(nil), s.taken...)
}

// wait waits until as many mails were taken in all, and returns the last one.
func (s *mailServer) wait(p *stack.Platform, number int) envelope {
	var last envelope
	p.Wait(fmt.Sprintf("the mail server has taken %d mails", number), func(context.Context) error {
		taken := s.all()
		if len(taken) != number {
			return fmt.Errorf("it has taken %d: %+v", len(taken), taken)
		}
		last = taken[number-1]
		return nil
	})
	return last
}

// withoutMailPassword fails the test when the password of the mail server is in a text, in any form that it is sent in.
func withoutMailPassword(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{
		mailPassword, base64.StdEncoding.EncodeToString([]byte("\x00" + mailUser + "\x00" + mailPassword)), base64.StdEncoding.EncodeToString([]byte(mailPassword)),
	} {
		if strings.Contains(text, form) {
			t.Errorf("the password is in %s:\n%s", where, text)
		}
	}
}

// loggedIn returns how often somebody tried to log in.
func (s *mailServer) loggedIn() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// overheard returns what was sent to the server, as others in between could have read it.
func (s *mailServer) overheard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire.String()
}

// mailSession is one conversation.
type mailSession struct {
	server   *mailServer
	conn     *smtp.Conn
	loggedIn bool
	from, to string
}

func (m *mailSession) encrypted() bool {
	_, encrypted := m.conn.TLSConnectionState()
	return encrypted
}

func (m *mailSession) AuthMechanisms() []string {
	if m.server.obeyed().Login {
		return []string{sasl.Login}
	}
	return []string{sasl.Plain}
}

func (m *mailSession) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == sasl.Login {
		return &loginServer{check: m.check}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return m.check(username, password) }), nil
}

func (m *mailSession) check(username, password string) error {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.server.logins++
	if m.loggedIn = username == mailUser && password == mailPassword; m.loggedIn {
		return nil
	}
	return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password: " + password}
}

// loginServer asks for a user name and then for a password (draft-murchison-sasl-login).
type loginServer struct {
	check   func(username, password string) error
	answers []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.answers = append(l.answers, string(response))
	}
	if len(l.answers) == 2 {
		return nil, true, l.check(l.answers[0], l.answers[1])
	}
	return []byte([]string{"Username:", "Password:"}[len(l.answers)]), false, nil
}

func (m *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if m.encrypted() && !m.loggedIn {
		return smtp.ErrAuthRequired
	}
	m.from = from
	return nil
}

func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if refuse := m.server.obeyed().Recipient; refuse != nil {
		return refuse(to)
	}
	m.to = to
	return nil
}

func (m *mailSession) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l, err := portaltest.ParseMail(string(content))
	if err != nil {
		return err
	}
	rules := m.server.obeyed()
	if rules.Text != nil {
		return rules.Text(l.Body)
	}
	if rules.Wait != nil {
		rules.Wait()
	}
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.server.taken = append(m.server.taken, envelope{Mail: l, Hello: m.conn.Hostname(), From: m.from, To: m.to, Encrypted: m.encrypted()})
	if rules.CutBefore {
		return m.conn.Conn().Close()
	}
	return nil
}

// Reset comes after the answer to a mail.
func (m *mailSession) Reset() {
	if m.server.obeyed().CutAfter && m.to != "" {
		m.conn.Conn().Close()
	}
}

func (m *mailSession) Logout() error { return nil }

// wiretap keeps what is sent to a mail server.
type wiretap struct {
	net.Listener
	server *mailServer
}

func (w wiretap) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	return tapped{c, w.server}, err
}

type tapped struct {
	net.Conn
	server *mailServer
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.wire.Write(b[:n])
	return n, err
}
