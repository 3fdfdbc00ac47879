package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Role says what a user may do on the public site.
type Role string

// The roles.
const (
	// Author has a blog.
	Author Role = "author"
	// Staff looks after all blogs and account.
	Staff Role = "staff"
)

// UserState says whether a user can log in.
type UserState string

// The states of a user.
const (
	// Registering users wait for their blog, and cannot log in yet.
	Registering UserState = "registering"
	// Active users can log in.
	Active UserState = "active"
	// Locked users cannot log in until staff unlocks them.
	Locked UserState = "locked"
)

// User is a person with an account.
type User struct {
	// ID is never used again.
	ID int64
	// Username is a legal tenant name.
	Username string
	// Email is the address as its owner wrote it.
	Email string
	// PasswordHash is argon2id in the PHC string format.
	PasswordHash string
	// Role and State say what the user may do.
	Role  Role
	State UserState
	// CreatedAt is when the account was made.
	CreatedAt time.Time
	// ConfirmedAt is when the address was confirmed. The zero time: not yet.
	ConfirmedAt time.Time
}

// TakenError says that another account has the user name or the address.
type TakenError struct {
	// Email is true for the address, false for the user name.
	Email bool
}

func (e *TakenError) Error() string {
	if e.Email {
		return "another account has this address"
	}
	return "another account has this user name"
}

// EmailKey returns the form in which addresses are compared.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

const selectUser = `SELECT u.id, u.username, u.email, u.password_hash, u.role, u.state, u.created_at, u.confirmed_at FROM public.users u `

func scanUser(row pgx.CollectableRow) (User, error) {
	var (
		u         User
		confirmed *time.Time
	)
	err := row.Scan(&u.ID, &u.Username, &u.Email, &u.PasswordHash, &u.Role, &u.State, &u.CreatedAt, &confirmed)
	if confirmed != nil {
		u.ConfirmedAt = *confirmed
	}
	return u, err
}

// InsertUser adds a user and returns its id, or *TakenError.
func InsertUser(ctx context.Context, db postgres.Querier, u User) (int64, error) {
	var (
		id        int64
		confirmed *time.Time
	)
	if !u.ConfirmedAt.IsZero() {
		confirmed = &u.ConfirmedAt
	}
	err := db.QueryRow(ctx, `INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
		u.Username, u.Email, EmailKey(u.Email), u.PasswordHash, u.Role, u.State, u.CreatedAt, confirmed).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, takenBy(ctx, db, u)
	}
	if err != nil {
		return 0, fmt.Errorf("insert user %s: %w", u.Username, err)
	}
	return id, nil
}

// takenBy finds out what was taken. Where neither is any more, the user name counts as taken: whoever tries again finds
// it free.
func takenBy(ctx context.Context, db postgres.Querier, u User) error {
	var name bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.users WHERE username = $1)
		OR NOT EXISTS (SELECT FROM public.users WHERE email_key = $2)`, u.Username, EmailKey(u.Email)).Scan(&name)
	if err != nil {
		return fmt.Errorf("look who has the names of user %s: %w", u.Username, err)
	}
	return &TakenError{Email: !name}
}

// FindUser returns the user with a user name or an address, or ErrNotFound.
func FindUser(ctx context.Context, db postgres.Querier, login string) (User, error) {
	key := EmailKey(login)
	return queryUser(ctx, db, selectUser+`WHERE u.username = $1 OR u.email_key = $1`, key)
}

// UserByID returns a user, or ErrNotFound.
func UserByID(ctx context.Context, db postgres.Querier, id int64) (User, error) {
	return queryUser(ctx, db, selectUser+`WHERE u.id = $1`, id)
}

func queryUser(ctx context.Context, db postgres.Querier, sql string, arg any) (User, error) {
	rows, err := db.Query(ctx, sql, arg)
	if err != nil {
		return User{}, fmt.Errorf("read a user: %w", err)
	}
	u, err := one(pgx.CollectExactlyOneRow(rows, scanUser))
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("read a user: %w", err)
	}
	return u, err
}

// SetPassword gives a user a new password and ends every session of theirs but the one to keep, and with them those on
// blogs. keep is 0 for none.
func SetPassword(ctx context.Context, db postgres.Beginner, userID int64, passwordHash string, keep int64) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE public.users SET password_hash = $2 WHERE id = $1`, userID, passwordHash)
		batch.Queue(`DELETE FROM public.sessions WHERE user_id = $1 AND id <> $2`, userID, keep)
		batch.Queue(`DELETE FROM public.mail_tokens WHERE user_id = $1 AND purpose = 'reset'`, userID)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("set the password of user %d: %w", userID, err)
	}
	return nil
}

// ConfirmEmail notes that a user's address is theirs.
func ConfirmEmail(ctx context.Context, db postgres.Querier, userID int64, now time.Time) error {
	if _, err := db.Exec(ctx, `UPDATE public.users SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL`, userID, now); err != nil {
		return fmt.Errorf("confirm the address of user %d: %w", userID, err)
	}
	return nil
}

// SetRole says what a user may do on the public site.
func SetRole(ctx context.Context, db postgres.Querier, userID int64, role Role) error {
	if _, err := db.Exec(ctx, `UPDATE public.users SET role = $2 WHERE id = $1`, userID, role); err != nil {
		return fmt.Errorf("make user %d %s: %w", userID, role, err)
	}
	return nil
}

// SetState lets a user log in, or keeps them from it, which also ends their sessions.
func SetState(ctx context.Context, db postgres.Beginner, userID int64, state UserState) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE public.users SET state = $2 WHERE id = $1`, userID, state)
		if state == Locked {
			batch.Queue(`DELETE FROM public.sessions WHERE user_id = $1`, userID)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("set the state of user %d: %w", userID, err)
	}
	return nil
}

// Unavailable reports whether err is about the database or the way to it, not about what was asked for.
func Unavailable(err error) bool {
	taken := (*TakenError)(nil)
	return err != nil && !errors.Is(err, ErrNotFound) && !errors.As(err, &taken) && postgres.Unavailable(err)
}

// MayLogIn reports whether an active user may be logged in: staff, and owners of a live tenant.
func MayLogIn(ctx context.Context, db postgres.Querier, userID int64) (bool, error) {
	var may bool
	err := db.QueryRow(ctx, `SELECT `+mayLogIn+` FROM public.users u WHERE u.id = $1 AND u.state = 'active'`, userID).Scan(&may)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("look whether user %d may log in: %w", userID, err)
	}
	return may, nil
}
