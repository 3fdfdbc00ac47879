package portal

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/billing"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// remindInterval is how often ending plans are looked for, and inviteInterval how often owners without an account.
	remindInterval = time.Hour
	inviteInterval = 30 * time.Second
	// noticeLife is how long notices of deleted tenants are kept.
	noticeLife = 30 * 24 * time.Hour
)

// newOutbox returns the worker that sends this site's mails.
func newOutbox(o Options, db *pgxpool.Pool, objects *tenants.Client, accounts *account.Service) *outbox.Worker {
	worker := outbox.NewWorker(db, outbox.Options{
		Ready: func(ctx context.Context) bool {
			_, err := objects.Platform(ctx)
			return err == nil
		},
		Log: o.Log, Now: o.Now,
	})
	sender := mail.Sender{
		Transport: o.Mailer, People: accounts, Tokens: accounts,
		Site: func(ctx context.Context) (mail.Site, error) {
			platform, err := objects.Platform(ctx)
			if err != nil {
				return mail.Site{}, err
			}
			return mail.Site{URL: siteURL(platform, ""), Contact: web.Contact(platform.Spec.Contact).Shown()}, nil
		},
		BlogURL: func(ctx context.Context, name string) string {
			tenant, err := objects.Get(ctx, name)
			if err != nil {
				return ""
			}
			return tenant.Status.URL
		},
	}
	sender.Register(worker)
	return worker
}

// remind sends owners their reminders until ctx ends.
func (p *Portal) remind(ctx context.Context) {
	p.every(ctx, remindInterval, "send reminders", func(ctx context.Context) error {
		sent, err := billing.SendReminders(ctx, p.db, p.now())
		return p.wakeAfter(sent, err)
	})
}

// invite invites owners who have no account until ctx ends.
func (p *Portal) invite(ctx context.Context) {
	p.every(ctx, inviteInterval, "invite owners", p.accounts.InviteOwners)
}

// wakeAfter wakes the outbox when a job has enqueued mails, even if it failed then.
func (p *Portal) wakeAfter(sent int, err error) error {
	if sent > 0 {
		p.outbox.Wake()
	}
	return err
}
