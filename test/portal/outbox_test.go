package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"
)

// A mail that cannot be sent waits, and is sent when it can be; after three days it is given up.
func TestMailsAreTriedAgain(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	if err := os.WriteFile(site.Mails, nil, 0o600); err != nil { // where the folder would be
		t.Fatal(err)
	}
	v := newVisitor(t, site)
	waits := func() {
		t.Helper()
		p.Wait("the mail waits for its next attempt", func(ctx context.Context) error {
			var (
				attempts int
				next     time.Time
			)
			err := p.Admin.QueryRow(ctx, `SELECT attempts, next_at FROM public.mails`).Scan(&attempts, &next)
			// A mail that is being sent is nobody else's for two minutes.
			if wait := time.Until(next); err == nil && (attempts == 0 || wait < 30*time.Second || wait > 90*time.Second) {
				err = fmt.Errorf("%d attempts, the next one in %s", attempts, wait)
			}
			return err
		})
	}
	v.submit("/reset/", "username", "alice").want(t, http.StatusOK)
	waits()
	if err := os.Remove(site.Mails); err != nil {
		t.Fatal(err)
	}
	p.Exec(`UPDATE public.mails SET next_at = $1`, time.Now())
	v.get(waitLetters(p, site, "alice@example.org", "Choose a new password", 1).link(t, "/reset/password/")).want(t, http.StatusOK)

	if err := os.Rename(site.Mails, site.Mails+".before"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(site.Mails, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v.submit("/reset/", "username", "alice").want(t, http.StatusOK)
	waits()
	p.Exec(`UPDATE public.mails SET next_at = $1, created_at = $2`, time.Now(), time.Now().Add(-3*24*time.Hour))
	p.Wait("the mail is given up", func(ctx context.Context) error {
		var left int
		if err := p.Admin.QueryRow(ctx, `SELECT count(*) FROM public.mails`).Scan(&left); err != nil || left == 0 {
			return err
		}
		return fmt.Errorf("%d are left", left)
	})
}
