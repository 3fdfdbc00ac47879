package portal

import (
	"context"
	"log/slog"
	"time"

	"github.com/echoblogs/echoblogs/internal/billing"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// noticeLife is how long the records of sent notices are kept once their tenant is deleted.
const noticeLife = 30 * 24 * time.Hour

// deletionLife is how long the record of a deletion is kept without a tombstone: the operator may wait for an approval.
const deletionLife = 90 * 24 * time.Hour

// jobs lists the background jobs.
func (p *Portal) jobs() []func(context.Context) {
	return []func(context.Context){
		p.installation.Run,
		p.outbox.Run,
		p.signup.Run,
		p.every(time.Minute, "delete expired rows", p.deleteExpired),
		p.every(time.Hour, "send reminders", p.remind),
		p.every(30*time.Second, "invite owners", p.accounts.InviteOwners),
		p.every(30*time.Second, "remove accounts", p.accounts.Sweep),
		p.every(30*time.Second, "send notices about domains", p.accounts.SendDomainNotices),
	}
}

func (p *Portal) deleteExpired(ctx context.Context) error {
	if err := p.accounts.DeleteExpired(ctx); err != nil {
		return err
	}
	now := p.options.Now()
	var err error
	if p.noticesAfter, err = mail.DeleteStaleNotices(ctx, p.db, now.Add(-noticeLife), p.noticesAfter); err != nil {
		return err
	}
	if err := tenants.DeleteStaleDeletions(ctx, p.db, now.Add(-deletionLife)); err != nil {
		return err
	}
	return ratelimit.DeleteExpired(ctx, p.db, now)
}

// remind enqueues reminders for plans that end soon or have ended, and wakes the outbox even if some could not be
// enqueued.
func (p *Portal) remind(ctx context.Context) error {
	sent, err := billing.SendReminders(ctx, p.db, p.options.Now())
	if sent > 0 {
		p.outbox.Wake()
	}
	return err
}

// jobRetry is when a job runs again that failed because the database was busy or unavailable.
const jobRetry = 5 * time.Second

// every returns a job that runs at an interval until its context ends. A failure is logged; the next run tries again.
func (p *Portal) every(interval time.Duration, what string, run func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) {
		for {
			limited, cancel := context.WithTimeout(ctx, max(interval, time.Minute))
			err := p.installation.Check(limited)
			if err == nil {
				err = run(limited)
			}
			cancel()
			if err != nil && ctx.Err() == nil {
				p.options.Log.LogAttrs(ctx, slog.LevelWarn, "Background job failed", slog.String("job", what), slog.String("cause", postgres.LogText(err)))
			}
			wait := interval
			if err != nil && (postgres.Busy(err) || postgres.Unavailable(err)) {
				wait = min(interval, jobRetry)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	}
}
