package mail_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// An email that cannot be sent waits, and is sent when it can be; after three days it is abandoned.
func TestMailsAreRetried(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice")
	if err := os.WriteFile(site.Mails, nil, 0o600); err != nil { // where the folder would be
		t.Fatal(err)
	}
	v := portaltest.NewClient(t, site)
	v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
	waitNextAttempt(p)
	if err := os.Remove(site.Mails); err != nil {
		t.Fatal(err)
	}
	sendAgain(p)
	v.Get(portaltest.WaitMails(p, site, "alice@example.org", "Choose a new password", 1).Link(t, "/reset/password/")).Want(t, http.StatusOK)

	if err := os.Rename(site.Mails, site.Mails+".before"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(site.Mails, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v.Submit("/reset/", "username", "alice").Want(t, http.StatusOK)
	waitNextAttempt(p)
	p.Exec(`UPDATE public.outbox SET next_at = $1, created_at = $2`, time.Now(), time.Now().Add(-3*24*time.Hour))
	portaltest.WaitNoMails(p)
}

// waitNextAttempt waits until the only mail in the outbox could not be sent, and is to be retried in a minute.
func waitNextAttempt(p *stack.Platform) {
	p.Wait("the email waits for its next attempt", func(ctx context.Context) error {
		var (
			attempts int
			next     time.Time
		)
		err := p.Admin.QueryRow(ctx, `SELECT attempts, next_at FROM public.outbox`).Scan(&attempts, &next)
		// While it is being sent, it is leased for two minutes.
		if wait := time.Until(next); err == nil && (attempts != 1 || wait < 30*time.Second || wait > 90*time.Second) {
			err = fmt.Errorf("%d attempts, the next one in %s", attempts, wait)
		}
		return err
	})
}

// sendAgain makes the emails in the outbox due now, as if they had not been attempted.
func sendAgain(p *stack.Platform) {
	p.Exec(`UPDATE public.outbox SET attempts = 0, next_at = $1`, time.Now())
}
