package mail_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/mailserver"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

const mailFrom = "noreply@blogs.example"

// mailServer is a mail server that programs of a test trust.
type mailServer struct {
	*mailserver.Server
	authorities string // the folder with the authority of its certificate
}

func newMailServer(t *testing.T, security mailserver.Security) *mailServer {
	t.Helper()
	authorities := t.TempDir()
	trusted, err := certificate.New(authorities)
	if err != nil {
		t.Fatal(err)
	}
	return &mailServer{Server: mailserver.New(t, security, trusted), authorities: authorities}
}

// settings returns the flags for a public site that sends emails through the server at an address, and sets the site's
// environment.
func (s *mailServer) settings(t *testing.T, p *stack.Platform, address string, further ...string) []string {
	t.Helper()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(mailserver.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.PortalEnvironment = []string{
		"SSL_CERT_DIR=" + s.authorities, "ECHOBLOGS_SMTP_USERNAME=" + mailserver.User, "ECHOBLOGS_SMTP_PASSWORD_FILE=" + password,
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"--mail-folder=", "--mail-from=Blogs <" + mailFrom + ">", "--smtp-host=" + host, "--smtp-port=" + port}, further...)
}

// received is an email that the server accepted.
type received struct{ mailserver.Mail }

// link returns the path of the one link in the email that leads to a page.
func (r received) link(t *testing.T, page string) string {
	t.Helper()
	return portaltest.Mail{Subject: r.Header.Get("Subject"), Body: r.Body}.Link(t, page)
}

// wait waits until the server has accepted a number of emails, and returns the last one.
func (s *mailServer) wait(p *stack.Platform, number int) received {
	var last received
	p.Wait(fmt.Sprintf("the mail server has accepted %d emails", number), func(context.Context) error {
		accepted := s.Accepted()
		if len(accepted) != number {
			return fmt.Errorf("it has accepted %d: %+v", len(accepted), accepted)
		}
		last = received{accepted[number-1]}
		return nil
	})
	return last
}

// withoutMailPassword fails the test if the password of the mail server is in a text, in any form in which it is sent.
func withoutMailPassword(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{
		mailserver.Password, base64.StdEncoding.EncodeToString([]byte(mailserver.Password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + mailserver.User + "\x00" + mailserver.Password)),
	} {
		if strings.Contains(text, form) {
			t.Errorf("the password is in %s:\n%s", where, text)
		}
	}
}
