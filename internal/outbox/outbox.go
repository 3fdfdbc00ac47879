// Package outbox holds the mails that are still to be sent.
package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// The kinds of mails. Each has a text of its name on the public site.
const (
	// MailConfirm asks whether an address is its user's.
	MailConfirm = "confirm"
	// MailReset leads to the choice of a new password.
	MailReset = "reset"
	// MailPasswordChanged tells that a password was changed.
	MailPasswordChanged = "password-changed"
	// MailInvite leads the owner of a Tenant, who has no account yet, to the choice of a password.
	MailInvite = "invite"
	// MailDue reminds of the last paid day, MailGrace tells that it is over, and MailSuspension when readers cannot read
	// any more.
	MailDue        = "due"
	MailGrace      = "grace"
	MailSuspension = "suspension"
)

const (
	// mailLease is for how long a mail that is being sent is nobody else's.
	mailLease = 2 * time.Minute
	// mailRetry is when a mail is sent again that could not be sent; each further time it takes twice as long, up to
	// mailRetryLongest.
	mailRetry        = time.Minute
	mailRetryLongest = 6 * time.Hour
	// mailLife is after how long a mail that cannot be sent is given up.
	mailLife = 3 * 24 * time.Hour
)

// Mail is a mail that is to be sent.
type Mail struct {
	// ID is the database's; Queue ignores it.
	ID int64
	// Kind is one of the kinds of mails, and Recipient an address.
	Kind, Recipient string
	// UserID is whom it is about. 0: nobody who has an account.
	UserID int64
	// Tenant is the name of the Tenant that it is about. Empty: none.
	Tenant string
	// Detail is what the text of this kind names, such as a date. It is no secret.
	Detail string
	// Attempts is how often it was taken to be sent, and CreatedAt when it was queued; Queue ignores both.
	Attempts  int
	CreatedAt time.Time
}

// Queue has a mail sent, within seconds of the end of the transaction that db may be.
func Queue(ctx context.Context, db postgres.Querier, m Mail, now time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO public.mails (kind, recipient, user_id, tenant, detail, attempts, next_at, created_at)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $6)`, m.Kind, m.Recipient, postgres.NullIfZero(m.UserID), m.Tenant, m.Detail, now)
	if err != nil {
		return fmt.Errorf("queue a mail of kind %s: %w", m.Kind, err)
	}
	return nil
}

// Take returns mails that are to be sent now, the oldest first, and keeps them from other replicas for a while: a
// program that ends in the middle of its work loses none.
func Take(ctx context.Context, db postgres.Beginner, limit int, now time.Time) ([]Mail, error) {
	var mails []Mail
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, kind, recipient, COALESCE(user_id, 0), tenant, detail, attempts + 1, created_at
			FROM public.mails WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED`, now, limit)
		if err != nil {
			return err
		}
		if mails, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Mail]); err != nil || len(mails) == 0 {
			return err
		}
		ids := make([]int64, 0, len(mails))
		for _, m := range mails {
			ids = append(ids, m.ID)
		}
		_, err = tx.Exec(ctx, `UPDATE public.mails SET attempts = attempts + 1, next_at = $2 WHERE id = ANY ($1)`, ids, now.Add(mailLease))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take mails to be sent: %w", err)
	}
	return mails, nil
}

// Done forgets a mail that was sent, or that nobody needs any more.
func Done(ctx context.Context, db postgres.Querier, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.mails WHERE id = $1`, id); err != nil {
		return fmt.Errorf("note that mail %d is done: %w", id, err)
	}
	return nil
}

// Failed has a mail that could not be sent be sent later, and reports whether it is given up instead.
func Failed(ctx context.Context, db postgres.Querier, m Mail, now time.Time) (givenUp bool, err error) {
	if now.Sub(m.CreatedAt) >= mailLife {
		return true, Done(ctx, db, m.ID)
	}
	wait := mailRetry
	for range m.Attempts - 1 {
		if wait *= 2; wait >= mailRetryLongest {
			wait = mailRetryLongest
			break
		}
	}
	if _, err := db.Exec(ctx, `UPDATE public.mails SET next_at = $2 WHERE id = $1`, m.ID, now.Add(wait)); err != nil {
		return false, fmt.Errorf("note that mail %d was not sent: %w", m.ID, err)
	}
	return false, nil
}
