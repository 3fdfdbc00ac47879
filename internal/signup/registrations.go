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

// State is how far a registration has come. The package documentation lists the transitions.
type State string

// The states of a registration.
const (
	Confirming   State = "confirming"
	Provisioning State = "provisioning"
	Live         State = "live"
	RollingBack  State = "rolling_back"
	Failed       State = "failed"
)

// retention is how long a registration that is live or failed is kept for the browser that waits for it.
const retention = 24 * time.Hour

// Registration is one sign-up, from the form to a live blog.
type Registration struct {
	// ID is also in an annotation of the Tenant.
	ID string
	// UserID is the ID of the user. 0: the user was removed.
	UserID int64
	// Username is also the name of the Tenant.
	Username string
	// State is how far the registration has come.
	State State
	// Failure is why it is being rolled back, or was rolled back. Empty: neither.
	Failure Failure
	// CreatedAt is the time of the sign-up, and UpdatedAt that of the last transition.
	CreatedAt, UpdatedAt time.Time
	// Email is the user's address, and Confirmed reports whether the user has confirmed it.
	Email     string
	Confirmed bool

	// fresh is set during Start's first pass, which may create the Tenant.
	fresh bool
}

// errLeased is returned when another caller of Advance works on a registration.
var errLeased = errors.New("another replica works on the registration")

// insertRegistration inserts a user and their registration, and uses a code, in one transaction. It returns the token for
// the browser, or *account.ConflictError or errInvalidCode.
func insertRegistration(
	ctx context.Context, db postgres.Beginner, u account.User, state State, code string, now, leasedUntil time.Time,
) (r Registration, token string, err error) {
	r = Registration{ID: uuid.NewString(), Username: u.Username, State: state, CreatedAt: now, UpdatedAt: now, Email: u.Email}
	token = secret.New()
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var codeID int64
		if code != "" {
			if codeID, err = useCode(ctx, tx, code, now); err != nil {
				return err
			}
		}
		if r.UserID, err = account.InsertUser(ctx, tx, u); err != nil {
			return err
		}
		if state == Confirming {
			if err := mail.Enqueue(ctx, tx, mail.Confirm{UserID: r.UserID}, now); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO public.registrations (id, user_id, username, state, token_hash, failure, created_at, updated_at, leased_until, code_id)
			VALUES ($1, $2, $3, $4, $5, '', $6, $6, $7, $8)`, r.ID, r.UserID, r.Username, r.State, secret.Hash(token), now, leasedUntil, postgres.NullIfZero(codeID))
		return err
	})
	if err != nil {
		return Registration{}, "", fmt.Errorf("insert registration of %s: %w", u.Username, err)
	}
	return r, token, nil
}

// The parts of a query for registrations r.
const (
	selectRegistration = `SELECT r.id, COALESCE(r.user_id, 0), r.username, r.state, r.failure, r.created_at, r.updated_at,
		COALESCE(u.email, ''), u.confirmed_at IS NOT NULL FROM `
	joinUser = ` r LEFT JOIN public.users u ON u.id = r.user_id `
)

func queryRegistration(ctx context.Context, db postgres.Querier, sql string, args ...any) (Registration, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return Registration{}, fmt.Errorf("read registration: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Registration])
	if errors.Is(err, pgx.ErrNoRows) {
		return Registration{}, ErrNotFound
	}
	if err != nil {
		return Registration{}, fmt.Errorf("read registration: %w", err)
	}
	return r, nil
}

// registrationByID returns a registration, or ErrNotFound.
func registrationByID(ctx context.Context, db postgres.Querier, id string) (Registration, error) {
	return queryRegistration(ctx, db, selectRegistration+`public.registrations`+joinUser+`WHERE r.id = $1`, id)
}

// registrationByToken returns the registration of the browser that has a token, or ErrNotFound.
func registrationByToken(ctx context.Context, db postgres.Querier, token string) (Registration, error) {
	return queryRegistration(ctx, db, selectRegistration+`public.registrations`+joinUser+`WHERE r.token_hash = $1`, secret.Hash(token))
}

// lease reserves a registration for the caller until a time. leased is false if the registration is live, so that nothing
// is left to do, or if another caller has leased it.
func lease(ctx context.Context, db postgres.Querier, id string, now, until time.Time) (r Registration, leased bool, err error) {
	r, err = queryRegistration(ctx, db, `WITH leased AS (
			UPDATE public.registrations SET leased_until = $3 WHERE id = $1 AND leased_until <= $2 AND state <> 'live' RETURNING *
		) `+selectRegistration+`leased`+joinUser, id, now, until)
	if errors.Is(err, ErrNotFound) {
		r, err = registrationByID(ctx, db, id)
		return r, false, err
	}
	return r, true, err
}

// release ends a lease before it expires.
func release(ctx context.Context, db postgres.Querier, id string, now time.Time) error {
	if _, err := db.Exec(ctx, `UPDATE public.registrations SET leased_until = $2 WHERE id = $1`, id, now); err != nil {
		return fmt.Errorf("release registration %s: %w", id, err)
	}
	return nil
}

// listPending returns the IDs of registrations that wait for Advance and are not leased, those that have waited longest
// first. A registration that waits for a confirmation is listed once the address is confirmed or the time for it is over.
func listPending(ctx context.Context, db postgres.Querier, limit int, now time.Time) ([]string, error) {
	rows, err := db.Query(ctx, `SELECT r.id FROM public.registrations r
		WHERE r.leased_until <= $1 AND (r.state IN ('provisioning', 'rolling_back') OR r.state = 'confirming' AND (r.created_at <= $2
			OR EXISTS (SELECT FROM public.users u WHERE u.id = r.user_id AND u.confirmed_at IS NOT NULL)))
		ORDER BY r.leased_until LIMIT $3`, now, now.Add(-UnconfirmedLife), limit)
	if err != nil {
		return nil, fmt.Errorf("list pending registrations: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list pending registrations: %w", err)
	}
	return ids, nil
}

// listFailed returns the registrations that have failed since a time, with ID and Username only.
func listFailed(ctx context.Context, db postgres.Querier, limit int, since time.Time) ([]Registration, error) {
	rows, err := db.Query(ctx, `SELECT id, username FROM public.registrations
		WHERE state = 'failed' AND updated_at > $1 ORDER BY updated_at DESC LIMIT $2`, since, limit)
	if err != nil {
		return nil, fmt.Errorf("list failed registrations: %w", err)
	}
	failed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Registration, err error) {
		err = row.Scan(&r.ID, &r.Username)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list failed registrations: %w", err)
	}
	return failed, nil
}

// idOfUser returns the ID of a user's registration, or ErrNotFound.
func idOfUser(ctx context.Context, db postgres.Querier, userID int64) (id string, err error) {
	err = db.QueryRow(ctx, `SELECT id FROM public.registrations WHERE user_id = $1`, userID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("read registration of user %d: %w", userID, err)
	}
	return id, nil
}

// changeState records a transition and updates r. It returns ErrNotFound if the state is no longer that of r.
func changeState(ctx context.Context, db postgres.Querier, r *Registration, to State, failure Failure, now time.Time) error {
	changed, err := db.Exec(ctx, `UPDATE public.registrations SET state = $3, failure = $4, updated_at = $5 WHERE id = $1 AND state = $2`,
		r.ID, r.State, to, failure, now)
	if err == nil && changed.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("change registration %s from %s to %s: %w", r.ID, r.State, to, err)
	}
	r.State, r.Failure = to, failure
	return nil
}

// activate makes a registration live: its user can log in, and is asked to confirm the address unless they already have.
func activate(ctx context.Context, db postgres.Beginner, r *Registration, now time.Time) error {
	next := *r
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := changeState(ctx, tx, &next, Live, "", now); err != nil {
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
	*r = next
	return nil
}

// finishRollback ends a registration whose Tenant is gone: it removes the user and refunds the code.
func finishRollback(ctx context.Context, db postgres.Beginner, r *Registration, now time.Time) error {
	next := *r
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := changeState(ctx, tx, &next, Failed, r.Failure, now); err != nil {
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
		return fmt.Errorf("finish rollback of %s: %w", r.Username, err)
	}
	next.UserID, next.Email = 0, ""
	*r = next
	return nil
}

// redeemToken invalidates the token of a live registration and returns the ID of its user, or ErrNotFound.
func redeemToken(ctx context.Context, db postgres.Querier, token string) (userID int64, err error) {
	err = db.QueryRow(ctx, `UPDATE public.registrations SET token_hash = $2
		WHERE token_hash = $1 AND state = 'live' AND user_id IS NOT NULL RETURNING user_id`, secret.Hash(token), secret.Hash(secret.New())).Scan(&userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("redeem registration token: %w", err)
	}
	return userID, nil
}

// deleteExpired deletes expired codes, and registrations that have been live or failed for longer than retention.
func deleteExpired(ctx context.Context, db postgres.Querier, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.registration_codes WHERE expires_at <= $1`, now)
	batch.Queue(`DELETE FROM public.registrations WHERE updated_at <= $1 AND state IN ('live', 'failed')`, now.Add(-retention))
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("delete expired codes and registrations: %w", err)
	}
	return nil
}
