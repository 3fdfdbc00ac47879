package portal

import (
	"context"
	"errors"
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
func newOutbox(o Options, db *pgxpool.Pool, objects *tenants.Client) *outbox.Worker {
	worker := outbox.NewWorker(db, outbox.Options{
		Ready: func(ctx context.Context) bool {
			_, err := objects.Platform(ctx)
			return err == nil
		},
		Log: o.Log, Now: o.Now,
	})
	accounts := mailAccounts{db: db, now: o.Now}
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

// mailAccounts gives mails their recipients and tokens.
type mailAccounts struct {
	db  *pgxpool.Pool
	now func() time.Time
}

func (a mailAccounts) PersonByID(ctx context.Context, id int64) (mail.Person, error) {
	return person(account.UserByID(ctx, a.db, id))
}

func (a mailAccounts) PersonByLogin(ctx context.Context, login string) (mail.Person, error) {
	return person(account.FindUser(ctx, a.db, login))
}

func person(user account.User, err error) (mail.Person, error) {
	if errors.Is(err, account.ErrNotFound) {
		err = mail.ErrNoPerson
	}
	return mail.Person{
		ID: user.ID, Username: user.Username, Email: user.Email,
		Active: user.State == account.Active, Confirmed: !user.ConfirmedAt.IsZero(),
	}, err
}

func (a mailAccounts) ConfirmToken(ctx context.Context, userID int64) (string, error) {
	return account.NewMailToken(ctx, a.db, account.PurposeConfirm, account.MailToken{UserID: userID}, a.now())
}

func (a mailAccounts) ResetToken(ctx context.Context, userID int64) (string, error) {
	return account.NewMailToken(ctx, a.db, account.PurposeReset, account.MailToken{UserID: userID}, a.now())
}

func (a mailAccounts) InviteToken(ctx context.Context, i mail.Invite) (string, error) {
	return account.NewMailToken(ctx, a.db, account.PurposeInvite, account.MailToken{Tenant: i.Tenant, Username: i.Username, Email: i.Email}, a.now())
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
	p.every(ctx, inviteInterval, "invite owners", func(ctx context.Context) error {
		sent, err := account.InviteOwners(ctx, p.db, tenantOwners{p.tenants}, p.now())
		return p.wakeAfter(sent, err)
	})
}

// wakeAfter wakes the outbox when a job has enqueued mails, even if it failed then.
func (p *Portal) wakeAfter(sent int, err error) error {
	if sent > 0 {
		p.outbox.Wake()
	}
	return err
}

// tenantOwners reads owners from Tenants.
type tenantOwners struct{ tenants *tenants.Client }

func (o tenantOwners) OwnerToInvite(ctx context.Context, name string) (username, email string, err error) {
	tenant, err := o.tenants.Get(ctx, name)
	if errors.Is(err, tenants.ErrNotFound) {
		return "", "", nil // it is being deleted
	}
	if err != nil {
		return "", "", err
	}
	if tenant.Spec.Owner == nil || tenants.RegistrationID(tenant) != "" || !tenants.IsReady(tenant) {
		return "", "", nil
	}
	return tenant.Spec.Owner.Username, tenant.Spec.Owner.Email, nil
}
