package mail_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	netmail "net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A registration is confirmed and a password reset by mails that a mail server has taken by TLS, from who has logged in.
func TestMailsGoByAMailServer(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	server := newMailServer(t, mail.SMTPStartTLS)
	site := p.StartPortal(0, server.settings(t, p, server.address, "--access-log")...)
	v := portaltest.NewClient(t, site)
	began := time.Now()
	v.AwaitHome(p, v.Register("alice")).Want(t, http.StatusOK, "Your blog is live")

	confirm := server.wait(p, 1)
	wantEnvelope(t, confirm, "alice@people.example", "Confirm your email address", began)
	v.Submit("/confirm/", "token", portaltest.Token(confirm.Link(t, "/confirm/"))).Want(t, http.StatusOK, "your address is confirmed")

	v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK, "Look into your mails")
	reset := server.wait(p, 2)
	wantEnvelope(t, reset, "alice@people.example", "Choose a new password", began)
	link := reset.Link(t, "/reset/password/")
	v.Get(link).Want(t, http.StatusOK, "for the account alice")
	v.Submit("/reset/password/", "token", portaltest.Token(link), "password", "another secret", "confirm_password", "another secret").Want(t, http.StatusOK)
	changed := server.wait(p, 3)
	wantEnvelope(t, changed, "alice@people.example", "Your password was changed", began)
	portaltest.LogIn(t, site, "alice", "another secret")
	if one, other := confirm.Header.Get("Message-Id"), reset.Header.Get("Message-Id"); one == other {
		t.Errorf("two mails are both %s", one)
	}

	withoutMailPassword(t, "what went over the wire in the clear", server.overheard())
	logs := p.Logs()
	withoutMailPassword(t, "the logs", logs)
	for _, l := range []string{confirm.Link(t, "/confirm/"), link} {
		if strings.Contains(logs, portaltest.Token(l)) {
			t.Errorf("the token of %s is in the logs", l)
		}
	}
	if overheard := server.overheard(); !strings.Contains(overheard, "STARTTLS") || strings.Contains(overheard, "alice") {
		t.Errorf("in the clear was sent:\n%s", overheard)
	}
	portaltest.WaitNoMails(p)
}

// wantEnvelope fails the test unless a mail is from the site to an address, written since the test began, and well-formed
// as mail servers and programs like them.
func wantEnvelope(t *testing.T, e envelope, to, subject string, began time.Time) {
	t.Helper()
	if e.From != mailFrom || e.To != to || e.Hello != "blogs.example" || !e.Encrypted {
		t.Errorf("%q says hello, and sends a mail from %q to %q, encrypted: %v", e.Hello, e.From, e.To, e.Encrypted)
	}
	for name, want := range map[string]string{
		"From": `^"Blogs" <` + mailFrom + `>$`, "To": "^<" + to + ">$", "Subject": "^" + subject + "$", "Auto-Submitted": "^auto-generated$",
		"Message-Id": `^<\d+\.\d+@blogs\.example>$`, "Content-Type": `^text/plain; charset=UTF-8$`, "Mime-Version": `^1\.0$`,
		"User-Agent": "^$", "X-Mailer": "^$",
	} {
		if got := e.Header.Get(name); !regexp.MustCompile(want).MatchString(got) || len(e.Header[name]) > 1 {
			t.Errorf("%q has the header %s: %q, want %s", subject, name, e.Header[name], want)
		}
	}
	date, err := netmail.ParseDate(e.Header.Get("Date"))
	if err != nil || date.Before(began.Truncate(time.Second)) || date.After(time.Now()) {
		t.Errorf("%q has the date %s, %v", subject, date, err)
	}
	if strings.Contains(e.Body, "<") {
		t.Errorf("%q is not plain text:\n%s", subject, e.Body)
	}
}

// Whatever the mail server does, the page says the same, and nothing is lost that could come later.
func TestMailServerThatFails(t *testing.T) {
	t.Parallel()
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	metrics := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p := portaltest.NewPlatform(t)
	server := newMailServer(t, mail.SMTPStartTLS)
	proxy, address := faultproxy.New(t, "smtp://"+server.address)
	portaltest.AddAccount(t, p, "alice") // before the site comes and invites her
	site := p.StartPortal(0, server.settings(t, p, strings.TrimPrefix(address, "smtp://"), "--metrics-address="+metrics)...)
	v := portaltest.NewClient(t, site)
	ask := func() {
		t.Helper()
		p.Exec(`DELETE FROM public.attempts`)
		asked := time.Now()
		v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK, "Look into your mails")
		if took := time.Since(asked); took > 10*time.Second {
			t.Errorf("the page waited for the mail server: %s", took)
		}
	}

	proxy.Cut() // nobody listens
	ask()
	waitNextAttempt(p)
	proxy.Restore()
	proxy.Stall() // nobody answers
	p.Exec(`DELETE FROM public.outbox`)
	ask()
	waitLog(p, "took too long")
	waitNextAttempt(p)
	proxy.Restore()
	sendAgain(p)
	v.Get(server.wait(p, 1).Link(t, "/reset/password/")).Want(t, http.StatusOK, "for the account alice")
	portaltest.WaitNoMails(p)

	// What is refused for now, or by a policy that those who run the site may settle, waits.
	for _, refused := range []*smtp.SMTPError{
		{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "come back later"},
		{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relay access denied"},
	} {
		server.obey(mailRules{Recipient: func(string) error { return refused }})
		ask()
		waitNextAttempt(p)
		waitLog(p, fmt.Sprintf("sending SMTP RCPT TO command: the server replied %d", refused.Code))
		server.obey(mailRules{Text: func(string) error { return refused }})
		sendAgain(p)
		waitLog(p, fmt.Sprintf("closing SMTP DATA writer: the server replied %d", refused.Code))
		waitNextAttempt(p)
		p.Exec(`DELETE FROM public.outbox`)
	}

	// What is refused for good is given up. Servers repeat what they were told; the log does not.
	told := make(chan string, 1)
	server.obey(mailRules{Recipient: func(to string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: who is that?"}
	}})
	ask()
	portaltest.WaitNoMails(p)
	waitLog(p, "sending SMTP RCPT TO command: the server replied 550 5.1.1\"")
	server.obey(mailRules{Text: func(said string) error {
		_, said, _ = strings.Cut(said, "token=")
		said, _, _ = strings.Cut(said, "\r\n")
		told <- said
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "do not send " + said}
	}})
	ask()
	portaltest.WaitNoMails(p)
	waitLog(p, "closing SMTP DATA writer: the server replied 554 5.6.0\"")
	repeated := <-told
	if logs := p.Logs(); len(repeated) < 10 || strings.Contains(logs, repeated) || strings.Contains(logs, "alice@example.org") {
		t.Errorf("the log says to whom a mail went, or its token %q:\n%s", repeated, logs)
	}
	answer, err := stack.Get(t.Context(), metrics, "", "/metrics")
	if line := `echoblogs_outbox_deliveries_total{kind="mail.reset",result="abandoned"} 2`; err != nil || !strings.Contains(answer.Body, line+"\n") {
		t.Errorf("the metrics lack %s, %v", line, err)
	}

	// Who was cut off before the mail was said to be taken sends it again, and the same: mail servers can tell.
	server.obey(mailRules{CutBefore: true})
	ask()
	first := server.wait(p, 2)
	waitNextAttempt(p)
	server.obey(mailRules{CutAfter: true})
	sendAgain(p)
	second := server.wait(p, 3)
	for _, name := range []string{"Message-Id", "Date", "To", "Subject"} {
		if one, other := first.Header.Get(name), second.Header.Get(name); one != other || one == "" {
			t.Errorf("one mail has the %s %q and %q", name, one, other)
		}
	}
	// Afterwards there is nothing to send again, and either link works.
	portaltest.WaitNoMails(p)
	server.wait(p, 3)
	for _, e := range []envelope{first, second} {
		v.Get(e.Link(t, "/reset/password/")).Want(t, http.StatusOK, "for the account alice")
	}
}

// A site that is told to end waits for the answer to a mail on its way: without it, the mail would be sent once more.
func TestMailOnItsWayAtTheEnd(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	server := newMailServer(t, mail.SMTPStartTLS)
	portaltest.AddAccount(t, p, "alice") // before the site comes and invites her
	site := p.StartPortal(0, server.settings(t, p, server.address)...)
	came, answer := make(chan struct{}), make(chan struct{})
	server.obey(mailRules{Wait: func() {
		close(came)
		<-answer
	}})
	portaltest.NewClient(t, site).Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
	<-came
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		site.Stop()
	}()
	waitLog(p, "Takes no more requests")
	close(answer)
	<-stopped
	server.wait(p, 1)
	if n := portaltest.Count(t, p, `SELECT count(*) FROM public.outbox`); n != 0 {
		t.Errorf("%d mails are to be sent again", n)
	}
}

// waitLog waits until a program has logged a text.
func waitLog(p *stack.Platform, text string) {
	p.Wait("the log says "+text, func(context.Context) error {
		if logs := p.Logs(); !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(logs, `\u003c`, "<"), `\u003e`, ">"), text) {
			return fmt.Errorf("it says:\n%s", logs)
		}
		return nil
	})
}

// Mails go by a connection that is as safe as those who run the site say, or they wait.
func TestMailServersAndTLS(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	portaltest.AddAccount(t, p, "alice") // before the site comes and invites her
	site := p.StartPortal(0)
	use := func(flags []string, environment ...string) *portaltest.Client {
		t.Helper()
		site.Kill()
		p.PortalEnvironment = append(p.PortalEnvironment, environment...)
		site = p.StartPortal(0, flags...)
		p.Exec(`DELETE FROM public.attempts`)
		p.Exec(`DELETE FROM public.outbox`)
		v := portaltest.NewClient(t, site)
		v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
		return v
	}
	waits := func(server *mailServer, because string) {
		t.Helper()
		waitNextAttempt(p)
		waitLog(p, because)
		if taken := server.all(); len(taken) > 0 {
			t.Errorf("was sent nevertheless: %+v", taken)
		}
		withoutMailPassword(t, "what went over the wire", server.overheard())
		withoutMailPassword(t, "the logs", p.Logs())
	}

	server := newMailServer(t, mail.SMTPImplicit)
	v := use(server.settings(t, p, server.address, "--smtp-tls=implicit"))
	taken := server.wait(p, 1)
	v.Get(taken.Link(t, "/reset/password/")).Want(t, http.StatusOK, "for the account alice")
	if !taken.Encrypted || server.loggedIn() != 1 || strings.Contains(server.overheard(), "alice") {
		t.Errorf("%d logins, encrypted: %v, in the clear:\n%s", server.loggedIn(), taken.Encrypted, server.overheard())
	}

	unknown := newMailServer(t, mail.SMTPImplicit)
	use(unknown.settings(t, p, unknown.address, "--smtp-tls=implicit"), "SSL_CERT_DIR="+t.TempDir())
	waits(unknown, "certificate signed by unknown authority")

	login := newMailServer(t, mail.SMTPStartTLS)
	login.obey(mailRules{Login: true})
	use(login.settings(t, p, login.address))
	if taken := login.wait(p, 1); !taken.Encrypted || login.loggedIn() != 1 {
		t.Errorf("%d logins, encrypted: %v", login.loggedIn(), taken.Encrypted)
	}
	withoutMailPassword(t, "what went over the wire", login.overheard())

	wrong := newMailServer(t, mail.SMTPStartTLS)
	use(wrong.settings(t, p, wrong.address), "ECHOBLOGS_SMTP_PASSWORD=not the password at all")
	waits(wrong, "authenticate to mail server "+wrong.address+": the server replied 535 5.7.8")
	if logs := p.Logs(); strings.Contains(logs, "not the password at all") || strings.Contains(logs, base64.StdEncoding.EncodeToString([]byte("\x00"+mailUser+"\x00not the password at all"))) {
		t.Errorf("the log has a password:\n%s", logs)
	}

	plain := newMailServer(t, mail.SMTPPlain)
	use(plain.settings(t, p, plain.address))
	waits(plain, "target host does not support STARTTLS")
	if overheard := plain.overheard(); strings.Contains(overheard, "AUTH") || strings.Contains(overheard, "MAIL") {
		t.Errorf("without TLS was sent:\n%s", overheard)
	}
	flags := plain.settings(t, p, plain.address, "--smtp-tls=none")
	p.PortalEnvironment = nil
	use(flags)
	if taken := plain.wait(p, 1); taken.Encrypted || plain.loggedIn() != 0 {
		t.Errorf("%d logins, encrypted: %v", plain.loggedIn(), taken.Encrypted)
	}
}

// Settings that cannot work are refused before anything is served.
func TestMailSettings(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	for _, test := range []struct{ flags, environment, want string }{
		{"", "", "say how mails are sent"},
		{"--smtp-host=mail", "", "say who sends mails: --mail-from"},
		{"--smtp-host=mail --mail-from=nobody", "", "parse sender's address"},
		{"--smtp-host=mail --mail-from=a@b.example --smtp-tls=yes", "", `unknown security "yes" of the mail server`},
		{"--smtp-host=mail --mail-from=a@b.example", "ECHOBLOGS_SMTP_USERNAME=me", "both a user name and a password"},
		{"--smtp-host=mail --mail-from=a@b.example --smtp-tls=none", "ECHOBLOGS_SMTP_USERNAME=me ECHOBLOGS_SMTP_PASSWORD=pass", "only sent over TLS"},
		{"--smtp-host=mail --mail-from=a@b.example", "ECHOBLOGS_SMTP_PASSWORD_FILE=/nowhere", "read the file that ECHOBLOGS_SMTP_PASSWORD_FILE names"},
	} {
		p.PortalEnvironment = strings.Fields(test.environment)
		_, err := p.RunPortal(t.Context(), append([]string{"run"}, strings.Fields(test.flags)...)...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %s: %v, want %q", test.flags, test.environment, err, test.want)
		}
	}
}
