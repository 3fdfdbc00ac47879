package mail_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/mailserver"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A user confirms their address and resets their password by emails that went over TLS, from a site that logged in.
func TestMailsGoThroughAMailServer(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	server := newMailServer(t, mailserver.StartTLS)
	site := p.StartPortal(0, server.settings(t, p, server.Address, "--access-log")...)
	v := portaltest.NewClient(t, site)
	v.AwaitHome(p, v.Register("alice")).Want(t, http.StatusOK, "Your blog is live")

	confirm := server.wait(p, 1)
	wantMail(t, confirm, "Confirm your email address")
	v.Submit("/confirm/", "token", portaltest.Token(confirm.link(t, "/confirm/"))).Want(t, http.StatusOK, "Your email address is confirmed.")

	v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK, "Check your email")
	reset := server.wait(p, 2)
	wantMail(t, reset, "Choose a new password")
	link := reset.link(t, "/reset/password/")
	v.Get(link).Want(t, http.StatusOK, "the password of the account alice")
	v.Submit("/reset/password/", "token", portaltest.Token(link), "password", "another secret", "confirm_password", "another secret").Want(t, http.StatusOK)
	wantMail(t, server.wait(p, 3), "Your password was changed")
	portaltest.LogIn(t, site, "alice", "another secret")

	withoutMailPassword(t, "what went over the wire in the clear", server.Wire())
	logs := p.Logs()
	withoutMailPassword(t, "the logs", logs)
	for _, l := range []string{confirm.link(t, "/confirm/"), link} {
		if strings.Contains(logs, portaltest.Token(l)) {
			t.Errorf("the token of %s is in the logs", l)
		}
	}
	if wire := server.Wire(); !strings.Contains(wire, "STARTTLS") || strings.Contains(wire, "alice") {
		t.Errorf("sent in the clear:\n%s", wire)
	}
	portaltest.WaitNoMails(p)
}

// wantMail fails the test unless an email with a subject went from the site to alice over TLS.
func wantMail(t *testing.T, m received, subject string) {
	t.Helper()
	if m.From != mailFrom || m.To != "alice@people.example" || m.Hello != "blogs.example" || !m.Encrypted || m.Header.Get("Subject") != subject {
		t.Errorf("got %+v, want %q", m, subject)
	}
}

// The page does not depend on the mail server, and emails that can still be sent are retried.
func TestMailServerThatFails(t *testing.T) {
	t.Parallel()
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	metrics := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p := portaltest.NewPlatform(t)
	server := newMailServer(t, mailserver.StartTLS)
	proxy, address := faultproxy.New(t, "smtp://"+server.Address)
	portaltest.AddAccount(t, p, "alice") // before the site starts, which would invite her
	site := p.StartPortal(0, server.settings(t, p, strings.TrimPrefix(address, "smtp://"), "--metrics-address="+metrics)...)
	v := portaltest.NewClient(t, site)
	requestReset := func() {
		t.Helper()
		p.Exec(`DELETE FROM public.attempts`)
		began := time.Now()
		v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK, "Check your email")
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the page waited for the mail server: %s", took)
		}
	}

	proxy.Cut() // connections are refused
	requestReset()
	waitNextAttempt(p)
	proxy.Restore()
	proxy.Stall() // connections hang
	p.Exec(`DELETE FROM public.outbox`)
	requestReset()
	waitLog(p, "the server took too long")
	waitNextAttempt(p)
	proxy.Restore()
	sendAgain(p)
	v.Get(server.wait(p, 1).link(t, "/reset/password/")).Want(t, http.StatusOK, "the password of the account alice")
	portaltest.WaitNoMails(p)

	// An email that is refused permanently is abandoned. Servers repeat what they were sent; the log does not.
	server.Obey(mailserver.Rules{Recipient: func(to string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: who is that?"}
	}})
	requestReset()
	portaltest.WaitNoMails(p)
	waitLog(p, "sending SMTP RCPT TO command: the server replied 550 5.1.1\"")
	repeated := make(chan string, 1)
	server.Obey(mailserver.Rules{Text: func(sent string) error {
		_, sent, _ = strings.Cut(sent, "token=")
		sent, _, _ = strings.Cut(sent, "\r\n")
		repeated <- sent
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "do not send " + sent}
	}})
	requestReset()
	portaltest.WaitNoMails(p)
	waitLog(p, "closing SMTP DATA writer: the server replied 554 5.6.0\"")
	token := <-repeated
	if logs := p.Logs(); len(token) < 10 || strings.Contains(logs, token) || strings.Contains(logs, "alice@example.org") {
		t.Errorf("the log has the recipient of an email or its token %q:\n%s", token, logs)
	}
	answer, err := stack.Get(t.Context(), metrics, "", "/metrics")
	if line := `echoblogs_outbox_deliveries_total{kind="mail.reset",result="abandoned"} 2`; err != nil || !strings.Contains(answer.Body, line+"\n") {
		t.Errorf("the metrics lack %s, %v", line, err)
	}

	// An email is sent again if the connection broke before the reply. Both links work.
	server.Obey(mailserver.Rules{CutBefore: true})
	requestReset()
	first := server.wait(p, 2)
	waitNextAttempt(p)
	server.Obey(mailserver.Rules{CutAfter: true})
	sendAgain(p)
	second := server.wait(p, 3)
	if one, other := first.Header.Get("Message-Id"), second.Header.Get("Message-Id"); one != other || one == "" {
		t.Errorf("one email has the Message-IDs %q and %q", one, other)
	}
	portaltest.WaitNoMails(p)
	server.wait(p, 3)
	for _, m := range []received{first, second} {
		v.Get(m.link(t, "/reset/password/")).Want(t, http.StatusOK, "the password of the account alice")
	}
}

// A site that is stopped waits for the reply to an email: without it, the email would be sent again.
func TestStopWhileAMailIsSent(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	server := newMailServer(t, mailserver.StartTLS)
	portaltest.AddAccount(t, p, "alice") // before the site starts, which would invite her
	site := p.StartPortal(0, server.settings(t, p, server.Address)...)
	came, reply := make(chan struct{}), make(chan struct{})
	server.Obey(mailserver.Rules{Wait: func() {
		close(came)
		<-reply
	}})
	portaltest.NewClient(t, site).Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
	<-came
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		site.Stop()
	}()
	waitLog(p, "Stopped serving")
	close(reply)
	<-stopped
	server.wait(p, 1)
	if n := p.Count(`SELECT count(*) FROM public.outbox`); n != 0 {
		t.Errorf("%d emails are to be sent again", n)
	}
}

// waitLog waits until a program has logged a text.
func waitLog(p *stack.Platform, text string) {
	p.Wait("the log says "+text, func(context.Context) error {
		if logs := p.Logs(); !strings.Contains(logs, text) {
			return fmt.Errorf("it says:\n%s", logs)
		}
		return nil
	})
}

// The flags select how the connection to the mail server is secured, and what the site trusts comes from its environment.
func TestMailServersAndTLS(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	portaltest.AddAccount(t, p, "alice") // before the site starts, which would invite her
	site := p.StartPortal(0)
	requestReset := func(flags []string, environment ...string) {
		t.Helper()
		site.Kill()
		p.PortalEnvironment = append(p.PortalEnvironment, environment...)
		site = p.StartPortal(0, flags...)
		p.Exec(`DELETE FROM public.attempts`)
		p.Exec(`DELETE FROM public.outbox`)
		portaltest.NewClient(t, site).Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
	}

	implicit := newMailServer(t, mailserver.Implicit)
	requestReset(implicit.settings(t, p, implicit.Address, "--smtp-tls=implicit"))
	if m := implicit.wait(p, 1); !m.Encrypted || implicit.Logins() != 1 || strings.Contains(implicit.Wire(), "alice") {
		t.Errorf("%d logins, encrypted: %v, in the clear:\n%s", implicit.Logins(), m.Encrypted, implicit.Wire())
	}

	unknown := newMailServer(t, mailserver.Implicit)
	requestReset(unknown.settings(t, p, unknown.Address, "--smtp-tls=implicit"), "SSL_CERT_DIR="+t.TempDir())
	waitNextAttempt(p)
	waitLog(p, "certificate signed by unknown authority")
	if sent := unknown.Accepted(); len(sent) > 0 {
		t.Errorf("sent nevertheless: %+v", sent)
	}

	plain := newMailServer(t, mailserver.Plain)
	flags := plain.settings(t, p, plain.Address, "--smtp-tls=none")
	p.PortalEnvironment = nil
	requestReset(flags)
	if m := plain.wait(p, 1); m.Encrypted || plain.Logins() != 0 {
		t.Errorf("%d logins, encrypted: %v", plain.Logins(), m.Encrypted)
	}
}

// Settings that cannot work are refused before the site starts.
func TestMailSettings(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	for _, test := range []struct{ flags, environment, want string }{
		{"", "", "set --smtp-host to send emails, or --no-mail to send none"},
		{"--smtp-host=mail", "", "set --mail-from to the sender of emails"},
		{"--smtp-host=mail --mail-from=nobody", "", "parse sender's address: "},
		{"--smtp-host=mail --mail-from=a@b.example --smtp-tls=yes", "", `unknown security "yes" of the mail server: use starttls, implicit or none`},
		{"--smtp-host=mail --mail-from=a@b.example", "ECHOBLOGS_SMTP_USERNAME=me", "authentication to the mail server needs both a user name and a password"},
		{"--smtp-host=mail --mail-from=a@b.example --smtp-tls=none", "ECHOBLOGS_SMTP_USERNAME=me ECHOBLOGS_SMTP_PASSWORD=pass", "the password of the mail server is only sent over TLS"},
		{"--smtp-host=mail --mail-from=a@b.example", "ECHOBLOGS_SMTP_PASSWORD_FILE=/nowhere", "read the file that ECHOBLOGS_SMTP_PASSWORD_FILE names"},
	} {
		p.PortalEnvironment = strings.Fields(test.environment)
		_, err := p.RunPortal(t.Context(), append([]string{"run"}, strings.Fields(test.flags)...)...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %s: %v, want %q", test.flags, test.environment, err, test.want)
		}
	}
}
