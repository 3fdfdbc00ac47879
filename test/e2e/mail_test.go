//go:build e2e

package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/echoblogs/echoblogs/test/e2e/node"
	"github.com/echoblogs/echoblogs/test/testkit/authority"
	"github.com/echoblogs/echoblogs/test/testkit/mailserver"
)

const (
	// mailSender sends the emails of the platform, through mailPort.
	mailSender = "noreply@" + domain
	mailPort   = "587"
)

// startMail starts a mail server outside of the cluster, with a login and with a certificate of a private authority.
func (p *product) startMail() {
	p.t.Helper()
	signer, err := authority.New(p.t.TempDir(), "mail")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := signer.Issue("mail", pkix.Name{CommonName: node.HostName}, node.HostName); err != nil {
		p.t.Fatal(err)
	}
	certificate, err := tls.LoadX509KeyPair(signer.File("mail.crt"), signer.File("mail.key"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.mails = mailserver.New(p.t, mailserver.StartTLS, certificate)
	if err := p.Expose(p.t.Context(), mailPort, p.mails.Address); err != nil {
		p.t.Fatal(err)
	}
	p.mailSecrets = fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata: {name: echoblogs-mail, namespace: %[1]s}
stringData: {username: %[2]q, password: %[3]q}
---
apiVersion: v1
kind: Secret
metadata: {name: mail-ca, namespace: %[1]s}
stringData:
  ca.crt: |
    %[4]s
`, namespace, mailserver.User, mailserver.Password, indent(read(p.t, signer.File("ca.crt"))))
	p.values = append(p.values, "--set=mail.enabled=true", "--set=mail.from=Blogs <"+mailSender+">", "--set=mail.host="+node.HostName,
		"--set=mail.secret=echoblogs-mail", "--set=mail.caSecret=mail-ca")
}

var confirmLink = regexp.MustCompile(`/confirm/\?token=(\S+)`)

// testMail waits for the email that a user got at the sign-up, and confirms the address with it.
func (p *product) testMail(name string) {
	p.t.Helper()
	var token string
	p.wait("the email to "+name+" arrives", func(context.Context) error {
		for _, mail := range p.mails.Accepted() {
			found := confirmLink.FindStringSubmatch(mail.Body)
			if mail.To != name+"@example.org" || found == nil {
				continue
			}
			if mail.From != mailSender || !mail.Encrypted {
				p.t.Errorf("an email was sent by %s, encrypted: %v; want one of %s over TLS", mail.From, mail.Encrypted, mailSender)
			}
			token = found[1]
			return nil
		}
		return errors.New("the mail server has no such email")
	})
	v := &visitor{p, p.browser()}
	v.get("/confirm/?token="+token).want(http.StatusOK, name+"@example.org")
	v.submit("/confirm/", "token", token).want(http.StatusOK, "Your email address is confirmed.")
}
