package portal

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// outboxInterval is how often each replica looks for mails that others have queued, or that are to be tried again.
	outboxInterval = 3 * time.Second
	// mailsAtOnce is how many mails one replica sends at the same time.
	mailsAtOnce = 4
)

//go:embed mails/*.txt
var mailTexts embed.FS

// mailer sends the mails that are queued in the database.
type mailer struct {
	texts *template.Template
	woken chan struct{}
}

func newMailer() (*mailer, error) {
	texts, err := template.New("").Option("missingkey=error").ParseFS(mailTexts, "mails/*.txt")
	if err != nil {
		return nil, fmt.Errorf("parse the texts of mails: %w", err)
	}
	return &mailer{texts: texts, woken: make(chan struct{}, 1)}, nil
}

// wake has the mails sent that were queued just now, rather than a few seconds later.
func (o *mailer) wake() {
	select {
	case o.woken <- struct{}{}:
	default: // it is about to look anyway
	}
}

// letter is what the text of a mail takes.
type letter struct {
	// Site is the address of the public site, and Link that of the page to open, with a token where it needs one.
	Site, Link string
	// Contact is where those are reached who run it. Empty: nowhere.
	Contact string
	// Username is the recipient's.
	Username string
	// Tenant is the name of the blog that it is about, and Blog its address. Empty: none.
	Tenant, Blog string
	// Day is the date that it is about, in words. Empty: none.
	Day string
}

// errUnneeded says that a mail would tell or ask what is known by now.
var errUnneeded = errors.New("nobody needs this mail")

// sendMails sends what is queued until ctx ends.
func (p *Portal) sendMails(ctx context.Context) {
	p.everyOrWoken(ctx, outboxInterval, p.mailer.woken, "send mails", p.sendSome)
}

// sendSome sends a few mails, and has itself woken when there may be more.
func (p *Portal) sendSome(ctx context.Context) error {
	platform, err := p.tenants.Platform(ctx)
	if errors.Is(err, tenants.ErrNoPlatform) {
		return nil // they wait
	}
	if err != nil {
		return err
	}
	mails, err := outbox.Take(ctx, p.db, mailsAtOnce, p.now())
	if err != nil {
		return err
	}
	if len(mails) == mailsAtOnce {
		p.mailer.wake()
	}
	var sending sync.WaitGroup
	for _, m := range mails {
		sending.Go(func() { p.sendQueued(ctx, platform, m) })
	}
	sending.Wait()
	return nil
}

// sendQueued sends one mail and notes what came of it, even when the program is about to end: of a mail that is cut off on
// its way nobody knows whether it has come.
func (p *Portal) sendQueued(ctx context.Context, platform *v1alpha1.Platform, m outbox.Mail) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), mailTimeout)
	err := p.sendMail(limited, platform, m)
	cancel()
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	log := p.log.With(slog.String("kind", m.Kind), slog.Int64("mail", m.ID), slog.Int("attempt", m.Attempts))
	switch {
	case errors.Is(err, errUnneeded):
		err = outbox.Done(noting, p.db, m.ID)
	case err == nil:
		p.metrics.mails.WithLabelValues(m.Kind, "sent").Inc()
		err = outbox.Done(noting, p.db, m.ID)
	default:
		cause, givenUp := causeOf(err), errors.Is(err, ErrUndeliverable)
		if givenUp {
			err = outbox.Done(noting, p.db, m.ID)
		} else {
			givenUp, err = outbox.Failed(noting, p.db, m, p.now())
		}
		result := "failed"
		if givenUp {
			result = "given_up"
		}
		p.metrics.mails.WithLabelValues(m.Kind, result).Inc()
		log.LogAttrs(ctx, slog.LevelWarn, "Mail was not sent", slog.String("cause", cause), slog.Bool("givenUp", givenUp))
	}
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "What came of a mail was not noted: it may be sent again", slog.String("cause", causeOf(err)))
	}
}

func (p *Portal) sendMail(ctx context.Context, platform *v1alpha1.Platform, m outbox.Mail) error {
	to, contents, err := p.write(ctx, platform, m)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := p.mailer.texts.ExecuteTemplate(&text, m.Kind+".txt", contents); err != nil {
		return fmt.Errorf("write a mail of kind %s: %w", m.Kind, err)
	}
	head, body, _ := strings.Cut(text.String(), "\n\n")
	return p.options.Mailer.Send(ctx, Mail{
		To: to, Subject: strings.TrimPrefix(head, "Subject: "), Body: body, ID: fmt.Sprintf("%d.%d", m.ID, m.CreatedAt.UnixMicro()), Date: m.CreatedAt,
	})
}

// write finds out to whom a mail goes and what it says. Tokens are made here, and stand nowhere but in the mail.
func (p *Portal) write(ctx context.Context, platform *v1alpha1.Platform, m outbox.Mail) (to string, l letter, err error) {
	l = letter{Site: siteURL(platform, "/"), Contact: web.Contact(platform.Spec.Contact).Shown(), Tenant: m.Tenant}
	if about, err := v1alpha1.Date(m.Detail).Start(); err == nil {
		l.Day = day(about)
	}
	if m.Tenant != "" {
		if tenant, err := p.tenants.Get(ctx, m.Tenant); err == nil {
			l.Blog = tenant.Status.URL
		}
	}
	user, err := p.addressee(ctx, m)
	if err != nil {
		return "", l, err
	}
	if to = m.Recipient; to == "" {
		to = user.Email
	}
	l.Username = user.Username
	purpose, path := account.Purpose(""), "/account/"
	switch m.Kind {
	case outbox.MailConfirm:
		purpose, path = account.PurposeConfirm, "/confirm/"
		if !user.ConfirmedAt.IsZero() {
			return "", l, errUnneeded
		}
	case outbox.MailReset:
		purpose, path = account.PurposeReset, "/reset/password/"
	case outbox.MailInvite:
		purpose, path = account.PurposeInvite, "/invite/"
	}
	if purpose != "" {
		stands := account.MailToken{UserID: user.ID}
		if purpose == account.PurposeInvite {
			stands = account.MailToken{Tenant: m.Tenant, Username: m.Detail, Email: m.Recipient}
		}
		token, err := account.NewMailToken(ctx, p.db, purpose, stands, p.now())
		if err != nil {
			return "", l, err
		}
		path += "?token=" + queryEscape(token)
	}
	l.Link = siteURL(platform, path)
	return to, l, nil
}

// addressee returns the user whom a mail is about. Those who forgot their password are looked up only now, by what they
// typed, so that the page that they asked on does not know, and cannot tell, whether there is such an account.
func (p *Portal) addressee(ctx context.Context, m outbox.Mail) (account.User, error) {
	var (
		user account.User
		err  error
	)
	switch {
	case m.Kind == outbox.MailInvite:
		_, err = account.FindUser(ctx, p.db, m.Detail)
		switch {
		case err == nil:
			return user, errUnneeded // there is an account by now
		case errors.Is(err, account.ErrNotFound):
			return account.User{Username: m.Detail}, nil
		}
	case m.UserID != 0:
		user, err = account.UserByID(ctx, p.db, m.UserID)
	default:
		user, err = account.FindUser(ctx, p.db, m.Detail)
	}
	if errors.Is(err, account.ErrNotFound) || m.Kind == outbox.MailReset && user.State != account.Active && err == nil {
		return user, errUnneeded
	}
	return user, err
}
