package portal

import (
	"context"
	"errors"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// remindInterval is how often it is looked whose paid time ends, and inviteInterval how often for owners without an
	// account.
	remindInterval = time.Hour
	inviteInterval = 30 * time.Second
	// noticesAtOnce is how many tenants are read at a time.
	noticesAtOnce = 200
	// firstReminder is how many days before the last paid day the first reminder comes.
	firstReminder = 30
	// lastWarning is how long before the end of grace the owner is told once more.
	lastWarning = 3 * 24 * time.Hour
	// noticeLife is how long notices of deleted tenants are kept.
	noticeLife = 30 * 24 * time.Hour
)

// remind tells owners when their paid time ends, until ctx ends.
func (p *Portal) remind(ctx context.Context) {
	p.every(ctx, remindInterval, "remind owners", func(ctx context.Context) error {
		until := midnight(p.now()).AddDate(0, 0, firstReminder)
		for last := ""; ; {
			due, err := account.ListDue(ctx, p.db, until, last, noticesAtOnce, p.now())
			if err != nil || len(due) == 0 {
				return err
			}
			for _, d := range due {
				if err := p.remindOf(ctx, d); err != nil {
					return err
				}
				last = d.Tenant
			}
		}
	})
}

func (p *Portal) remindOf(ctx context.Context, d account.Due) error {
	kind, mail, day := reminder(d, p.now())
	queued, err := account.SendOnce(ctx, p.db, account.Notice{Tenant: d.Tenant, Kind: kind, About: d.PaidUntil}, outbox.Mail{
		Kind: mail, Recipient: d.Email, UserID: d.UserID, Tenant: d.Tenant, Detail: day.Format(time.DateOnly),
	}, p.now())
	if queued {
		p.mailer.wake()
	}
	return err
}

// reminder says what an owner is to be told at a moment: the kind of the notice, that of the mail and the day that it
// names. Of several that were missed, as after a longer outage, only the last one is still of use.
func reminder(d account.Due, now time.Time) (notice, mail string, day time.Time) {
	end := d.PaidUntil.AddDate(0, 0, 1)
	switch left := d.PaidUntil.Sub(midnight(now)); {
	case !now.Before(end) && d.SuspendAt.Sub(end) > lastWarning && d.SuspendAt.Sub(now) <= lastWarning:
		return "suspension", outbox.MailSuspension, d.SuspendAt
	case !now.Before(end):
		return "grace", outbox.MailGrace, d.SuspendAt
	case left <= 24*time.Hour:
		return "due-1", outbox.MailDue, d.PaidUntil
	case left <= 7*24*time.Hour:
		return "due-7", outbox.MailDue, d.PaidUntil
	}
	return "due-30", outbox.MailDue, d.PaidUntil
}

// midnight returns the start of a day in UTC.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// invite has the owners of Tenants invited who have no account, until ctx ends.
func (p *Portal) invite(ctx context.Context) {
	p.every(ctx, inviteInterval, "invite owners", func(ctx context.Context) error {
		for last := ""; ; {
			uninvited, err := account.ListUninvited(ctx, p.db, last, noticesAtOnce)
			if err != nil || len(uninvited) == 0 {
				return err
			}
			for _, u := range uninvited {
				if err := p.inviteTo(ctx, u); err != nil {
					return err
				}
				last = u.Tenant
			}
		}
	})
}

// inviteTo queues an invitation where the Tenant says to which address, and nobody has that one.
func (p *Portal) inviteTo(ctx context.Context, u account.Uninvited) error {
	tenant, err := p.tenants.Get(ctx, u.Tenant)
	if errors.Is(err, tenants.ErrNotFound) {
		return nil // it is being deleted
	}
	if err != nil {
		return err
	}
	// One that a registration has made belongs to who registered, or goes with the registration.
	registered := tenants.RegistrationID(tenant) != ""
	if owner := tenant.Spec.Owner; owner == nil || owner.Username != u.Owner || owner.Email == "" || registered || !tenants.IsReady(tenant) {
		return nil
	}
	_, err = account.FindUser(ctx, p.db, tenant.Spec.Owner.Email)
	if !errors.Is(err, account.ErrNotFound) {
		return err
	}
	queued, err := account.SendOnce(ctx, p.db, account.Notice{Tenant: u.Tenant, Kind: account.NoticeInvite, About: midnight(u.CreatedAt)}, outbox.Mail{
		Kind: outbox.MailInvite, Recipient: tenant.Spec.Owner.Email, Tenant: u.Tenant, Detail: u.Owner,
	}, p.now())
	if queued {
		p.mailer.wake()
	}
	return err
}
