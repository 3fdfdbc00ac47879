// Package mailserver is a mail server on this machine, which accepts emails from clients that have logged in over TLS, and
// fails as a test configures it.
package mailserver

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The user name and password that the server accepts.
const (
	User     = "postman"
	Password = "rings twice, and always"
)

// Security is how the server uses TLS.
type Security int

// The ways in which a server uses TLS.
const (
	// StartTLS offers STARTTLS.
	StartTLS Security = iota
	// Implicit uses TLS from the start.
	Implicit
	// Plain has no TLS, and would accept a password without.
	Plain
)

// Mail is an email that was accepted.
type Mail struct {
	// Hello is the name that the client gave itself, and From and To are the addresses of the envelope.
	Hello, From, To string
	// Encrypted reports whether it was sent over TLS.
	Encrypted bool
	// Header and Body are the email's, and Raw is all of it as it was sent.
	Header    mail.Header
	Body, Raw string
}

// Rules configure failures of the server. The zero value accepts every mail.
type Rules struct {
	// Recipient and Text reply to a recipient, and to the text of an email, instead of accepting it.
	Recipient, Text func(sent string) error
	// Wait is called before an email is accepted.
	Wait func()
	// CutBefore and CutAfter accept an email and break the connection before or after the reply.
	CutBefore, CutAfter bool
	// Login offers only AUTH LOGIN, as some servers do.
	Login bool
}

// Server is a mail server.
type Server struct {
	// Address is its HOST:PORT.
	Address string

	mu       sync.Mutex
	accepted []Mail
	rules    Rules
	logins   int
	wire     bytes.Buffer
}

// New starts a server, which ends with the test.
func New(t testing.TB, security Security, certificate tls.Certificate) *Server {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String()}
	listener = wiretap{listener, s}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.Domain, server.ErrorLog = "mail.test", log.New(io.Discard, "", 0)
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch security {
	case StartTLS:
		server.TLSConfig = settings
	case Implicit:
		listener = tls.NewListener(listener, settings)
	case Plain:
		server.AllowInsecureAuth = true
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

// Obey sets the rules.
func (s *Server) Obey(rules Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = rules
}

func (s *Server) obeyed() Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

// Accepted returns the emails that were accepted.
func (s *Server) Accepted() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.accepted...)
}

// Logins returns how often clients tried to log in.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Wire returns what was sent to the server, as others on the network could have read it.
func (s *Server) Wire() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire.String()
}

// session is the conversation with one client.
type session struct {
	server   *Server
	conn     *smtp.Conn
	loggedIn bool
	from, to string
}

func (c *session) encrypted() bool {
	_, encrypted := c.conn.TLSConnectionState()
	return encrypted
}

// AuthMechanisms returns what the server offers.
func (c *session) AuthMechanisms() []string {
	if c.server.obeyed().Login {
		return []string{sasl.Login}
	}
	return []string{sasl.Plain}
}

// Auth begins a login.
func (c *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == sasl.Login {
		return &loginServer{check: c.check}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return c.check(username, password) }), nil
}

func (c *session) check(username, password string) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.logins++
	if c.loggedIn = username == User && password == Password; c.loggedIn {
		return nil
	}
	return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password: " + password}
}

// loginServer requests a user name and then a password (draft-murchison-sasl-login).
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

// Mail takes the sender of an email.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.encrypted() && !c.loggedIn {
		return smtp.ErrAuthRequired
	}
	c.from = from
	return nil
}

// Rcpt takes the recipient of an email.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if reply := c.server.obeyed().Recipient; reply != nil {
		return reply(to)
	}
	c.to = to
	return nil
}

// Data takes the text of an email.
func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	if err != nil {
		return err
	}
	rules := c.server.obeyed()
	if rules.Text != nil {
		return rules.Text(string(body))
	}
	if rules.Wait != nil {
		rules.Wait()
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.accepted = append(c.server.accepted, Mail{
		Hello: c.conn.Hostname(), From: c.from, To: c.to, Encrypted: c.encrypted(),
		Header: message.Header, Body: strings.ReplaceAll(string(body), "\r\n", "\n"), Raw: string(raw),
	})
	if rules.CutBefore {
		return c.conn.Conn().Close()
	}
	return nil
}

// Reset follows the reply to an email.
func (c *session) Reset() {
	if c.server.obeyed().CutAfter && c.to != "" {
		c.conn.Conn().Close()
	}
}

// Logout ends the conversation.
func (c *session) Logout() error { return nil }

// wiretap keeps what is sent to a server.
type wiretap struct {
	net.Listener
	server *Server
}

func (w wiretap) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	return tapped{c, w.server}, err
}

type tapped struct {
	net.Conn
	server *Server
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.wire.Write(b[:n])
	return n, err
}
