// Package signup takes a person from a form to a live blog.
package signup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// RegistrationState says how far a registration is.
type RegistrationState string

// The states of a registration.
const (
	// Confirming waits for the address to be confirmed.
	Confirming RegistrationState = "confirming"
	// Provisioning waits for the blog to be live.
	Provisioning RegistrationState = "provisioning"
	// Live is done: the user can log in.
	Live RegistrationState = "live"
	// Undoing takes back what was made.
	Undoing RegistrationState = "undoing"
	// Failed is over, and nothing is left of it.
	Failed RegistrationState = "failed"
)

const (
	// UnconfirmedLife is how long an account lasts whose address is not confirmed.
	UnconfirmedLife = account.UnconfirmedLife
	// registrationLife is how long what came of a registration is kept.
	registrationLife = 24 * time.Hour
)

// Registration is a person's way to a live blog.
type Registration struct {
	// ID also stands in an annotation of the Tenant.
	ID string
	// UserID is the user's. 0: there is none any more.
	UserID int64
	// Username is also the name of the Tenant.
	Username string
	// State says how far it is.
	State RegistrationState
	// Failure says why it failed, in a sentence for the person. Empty: it did not.
	Failure string
	// CreatedAt is when the form was sent, and UpdatedAt when State changed last.
	CreatedAt, UpdatedAt time.Time
	// Email is the user's address, and Confirmed reports whether it is known to be theirs.
	Email     string
	Confirmed bool
}

// Application is what somebody who registers asks for.
type Application struct {
	// User is inserted as it is, in state Registering.
	User account.User
	// State is the first one of the registration: Confirming or Provisioning.
	State RegistrationState
	// Code is used up once. Empty: none is needed.
	Code string
	// LeasedUntil is until when nobody else works on it.
	LeasedUntil time.Time
}

// ErrNotFound says that there is no such registration, or that its state is another one by now.
var ErrNotFound = fmt.Errorf("there is no such registration: %w", account.ErrNotFound)

// ErrNoCode says that a code for registration is not known, has expired or is used up.
var ErrNoCode = errors.New("there is no such code for registration")

// Register adds a user with a registration, and uses up a code, all or nothing. The token is for the browser. It returns
// *account.TakenError or ErrNoCode.
func Register(ctx context.Context, db postgres.Beginner, a Application, now time.Time) (r Registration, token string, err error) {
	r = Registration{
		ID: uuid.NewString(), Username: a.User.Username, State: a.State, CreatedAt: now, UpdatedAt: now, Email: a.User.Email,
	}
	token = secret.New()
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		code, err := useCode(ctx, tx, a.Code, now)
		if err != nil {
			return err
		}
		if r.UserID, err = account.InsertUser(ctx, tx, a.User); err != nil {
			return err
		}
		if a.State == Confirming {
			if err := mail.Enqueue(ctx, tx, mail.Confirm{UserID: r.UserID}, now); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO public.registrations (id, user_id, username, state, token_hash, failure, created_at, updated_at, leased_until, code_id)
			VALUES ($1, $2, $3, $4, $5, '', $6, $6, $7, $8)`, r.ID, r.UserID, r.Username, r.State, secret.Hash(token), now, a.LeasedUntil, postgres.NullIfZero(code))
		return err
	})
	if err != nil {
		return Registration{}, "", fmt.Errorf("register user %s: %w", a.User.Username, err)
	}
	return r, token, nil
}

const selectRegistration = `SELECT r.id, COALESCE(r.user_id, 0), r.username, r.state, r.failure, r.created_at, r.updated_at,
	COALESCE(u.email, ''), u.confirmed_at IS NOT NULL
	FROM public.registrations r LEFT JOIN public.users u ON u.id = r.user_id `

// FindRegistration returns the registration of the browser that has a token, or ErrNotFound.
func FindRegistration(ctx context.Context, db postgres.Querier, token string) (Registration, error) {
	return queryRegistration(ctx, db, `WHERE r.token_hash = $1`, secret.Hash(token))
}

func queryRegistration(ctx context.Context, db postgres.Querier, where string, arg any) (Registration, error) {
	rows, err := db.Query(ctx, selectRegistration+where, arg)
	if err != nil {
		return Registration{}, fmt.Errorf("read a registration: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Registration])
	if errors.Is(err, pgx.ErrNoRows) {
		return Registration{}, ErrNotFound
	}
	if err != nil {
		err = fmt.Errorf("read a registration: %w", err)
	}
	return r, err
}

// LeaseRegistration returns a registration that is under way and keeps others from it until a moment, or ErrNotFound
// when it is over or somebody else works on it.
func LeaseRegistration(ctx context.Context, db postgres.Querier, id string, now, until time.Time) (Registration, error) {
	leased, err := db.Exec(ctx, `UPDATE public.registrations SET leased_until = $3
		WHERE id = $1 AND leased_until <= $2 AND state IN ('confirming', 'provisioning', 'undoing')`, id, now, until)
	switch {
	case err != nil:
		return Registration{}, fmt.Errorf("lease registration %s: %w", id, err)
	case leased.RowsAffected() == 0:
		return Registration{}, ErrNotFound
	}
	return queryRegistration(ctx, db, `WHERE r.id = $1`, id)
}

// ReleaseRegistration lets others work on a registration.
func ReleaseRegistration(ctx context.Context, db postgres.Querier, id string, now time.Time) error {
	if _, err := db.Exec(ctx, `UPDATE public.registrations SET leased_until = $2 WHERE id = $1`, id, now); err != nil {
		return fmt.Errorf("release registration %s: %w", id, err)
	}
	return nil
}

// RegistrationsToDo returns the ids of registrations that somebody has to work on and nobody does, those first that were
// left alone the longest. Those that wait for a confirmation are among them when they have it, or wait in vain.
func RegistrationsToDo(ctx context.Context, db postgres.Querier, limit int, now time.Time) ([]string, error) {
	return queryIDs(ctx, db, `SELECT r.id FROM public.registrations r
		WHERE r.leased_until <= $1 AND (r.state IN ('provisioning', 'undoing') OR r.state = 'confirming' AND (r.created_at <= $2
			OR EXISTS (SELECT FROM public.users u WHERE u.id = r.user_id AND u.confirmed_at IS NOT NULL)))
		ORDER BY r.leased_until LIMIT $3`, now, now.Add(-UnconfirmedLife), limit)
}

// FailedRegistrations returns the ids of what failed since a moment, with the names of the Tenants.
func FailedRegistrations(ctx context.Context, db postgres.Querier, since time.Time) (map[string]string, error) {
	rows, err := db.Query(ctx, `SELECT id, username FROM public.registrations
		WHERE state = 'failed' AND updated_at > $1 ORDER BY updated_at DESC LIMIT 1000`, since)
	if err != nil {
		return nil, fmt.Errorf("list failed registrations: %w", err)
	}
	failed := make(map[string]string)
	var id, username string
	if _, err := pgx.ForEachRow(rows, []any{&id, &username}, func() error {
		failed[id] = username
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list failed registrations: %w", err)
	}
	return failed, nil
}

func queryIDs(ctx context.Context, db postgres.Querier, sql string, args ...any) ([]string, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	return ids, nil
}

// ProvisionConfirmed has the blog made of a user whose address was confirmed, and returns the id of the registration.
// It returns ErrNotFound when none waits for it.
func ProvisionConfirmed(ctx context.Context, db postgres.Querier, userID int64, now time.Time) (string, error) {
	ids, err := queryIDs(ctx, db, `UPDATE public.registrations SET state = 'provisioning', updated_at = $2, leased_until = $2
		WHERE user_id = $1 AND state = 'confirming' RETURNING id`, userID, now)
	switch {
	case err != nil:
		return "", err
	case len(ids) == 0:
		return "", ErrNotFound
	}
	return ids[0], nil
}

// Activate ends a registration whose blog is live: its user can log in, and is asked to confirm the address where that
// is still to be done. It returns ErrNotFound when the registration is not being provisioned any more.
func Activate(ctx context.Context, db postgres.Beginner, r *Registration, now time.Time) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := changeState(ctx, tx, r.ID, Provisioning, Live, "", now); err != nil {
			return err
		}
		if !r.Confirmed {
			if err := mail.Enqueue(ctx, tx, mail.Confirm{UserID: r.UserID}, now); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE public.users SET state = 'active' WHERE id = $1 AND state = 'registering'`, r.UserID)
		return err
	})
	if err != nil {
		return fmt.Errorf("activate user %s: %w", r.Username, err)
	}
	r.State = Live
	return nil
}

// GiveUp has what was made of a registration taken back, and says why in a sentence for the person. It returns
// ErrNotFound when the state of the registration is another one by now.
func GiveUp(ctx context.Context, db postgres.Querier, r *Registration, sentence string, now time.Time) error {
	if err := changeState(ctx, db, r.ID, r.State, Undoing, sentence, now); err != nil {
		return fmt.Errorf("give up the registration of %s: %w", r.Username, err)
	}
	r.State, r.Failure = Undoing, sentence
	return nil
}

// ResumeUndoing has a registration taken back again of which something has turned up since.
func ResumeUndoing(ctx context.Context, db postgres.Querier, id string, now time.Time) error {
	_, err := db.Exec(ctx, `UPDATE public.registrations SET state = 'undoing', updated_at = $2, leased_until = $2
		WHERE id = $1 AND state = 'failed'`, id, now)
	if err != nil {
		return fmt.Errorf("take registration %s back again: %w", id, err)
	}
	return nil
}

func changeState(ctx context.Context, db postgres.Querier, id string, from, to RegistrationState, failure string, now time.Time) error {
	changed, err := db.Exec(ctx, `UPDATE public.registrations SET state = $3, failure = $4, updated_at = $5
		WHERE id = $1 AND state = $2`, id, from, to, failure, now)
	if err == nil && changed.RowsAffected() == 0 {
		err = ErrNotFound
	}
	return err
}

// Undone ends a registration of which there is no Tenant any more: its user goes, and the use of its code comes back.
func Undone(ctx context.Context, db postgres.Beginner, r *Registration, now time.Time) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := changeState(ctx, tx, r.ID, Undoing, Failed, r.Failure, now); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE public.registration_codes SET uses_left = uses_left + 1
			WHERE id = (SELECT code_id FROM public.registrations WHERE id = $1)`, r.ID)
		batch.Queue(`UPDATE public.registrations SET code_id = NULL WHERE id = $1`, r.ID)
		batch.Queue(`DELETE FROM public.users WHERE id = $1`, r.UserID)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("end the registration of %s: %w", r.Username, err)
	}
	r.State = Failed
	return nil
}

// TradeRegistration ends the token of a live registration and returns its user, or ErrNotFound: it is good once.
func TradeRegistration(ctx context.Context, db postgres.Querier, token string) (int64, error) {
	var userID int64
	err := db.QueryRow(ctx, `UPDATE public.registrations SET token_hash = $2
		WHERE token_hash = $1 AND state = 'live' AND user_id IS NOT NULL RETURNING user_id`, secret.Hash(token), secret.Hash(secret.New())).Scan(&userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("trade a registration for a session: %w", err)
	}
	return userID, nil
}

// DeleteOldRegistrations forgets what came of registrations that are over since a day.
func DeleteOldRegistrations(ctx context.Context, db postgres.Querier, now time.Time) error {
	_, err := db.Exec(ctx, `DELETE FROM public.registrations WHERE updated_at <= $1 AND state IN ('live', 'failed')`, now.Add(-registrationLife))
	if err != nil {
		return fmt.Errorf("delete old registrations: %w", err)
	}
	return nil
}
