package account

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// Role determines what a user may do on the public site.
type Role string

// The roles.
const (
	// Author has a blog.
	Author Role = "author"
	// Staff manages all blogs and accounts.
	Staff Role = "staff"
)

// UserState determines whether a user can log in.
type UserState string

// The states of a user.
const (
	// Registering users wait for their blog and cannot log in yet.
	Registering UserState = "registering"
	// Active users can log in.
	Active UserState = "active"
	// Locked users cannot log in until staff unlock them.
	Locked UserState = "locked"
)

// User is a person with an account.
type User struct {
	// ID is never reused.
	ID int64
	// Username is a valid name of a Tenant.
	Username string
	// Email is the email address as the user entered it, in the form of naming.ASCIIEmail.
	Email string
	// PasswordHash is argon2id in the PHC string format. Empty: no password is valid.
	PasswordHash string
	// Role and State determine what the user may do.
	Role  Role
	State UserState
	// CreatedAt is when the account was created.
	CreatedAt time.Time
	// ConfirmedAt is when the address was confirmed. Zero: not yet.
	ConfirmedAt time.Time
}

// Field names a property of an account in errors.
type Field string

// The fields.
const (
	FieldUsername Field = "username"
	FieldEmail    Field = "email"
	FieldPassword Field = "password"
)

// ConflictError is returned when another account has the user name or the email address.
type ConflictError struct {
	// Field is FieldUsername or FieldEmail.
	Field Field
}

func (e *ConflictError) Error() string {
	if e.Field == FieldEmail {
		return "another account has this email address"
	}
	return "another account has this user name"
}

const selectUser = `SELECT u.id, u.username, u.email, u.password_hash, u.role, u.state, u.created_at, u.confirmed_at FROM public.users u `

// scanUser reads a row of selectUser, whose columns may follow others.
func scanUser(row pgx.Row, before ...any) (User, error) {
	var (
		u         User
		confirmed *time.Time
	)
	err := row.Scan(append(before, &u.ID, &u.Username, &u.Email, &u.PasswordHash, &u.Role, &u.State, &u.CreatedAt, &confirmed)...)
	if confirmed != nil {
		u.ConfirmedAt = *confirmed
	}
	return u, err
}

// InsertUser adds a user and returns their ID, or a *ConflictError.
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
		u.Username, u.Email, naming.EmailKey(u.Email), u.PasswordHash, u.Role, u.State, u.CreatedAt, confirmed).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, findConflict(ctx, db, u)
	}
	if err != nil {
		return 0, fmt.Errorf("insert user %s: %w", u.Username, err)
	}
	return id, nil
}

// findConflict returns the conflict of a user that could not be inserted. If the other account no longer exists, it
// reports the user name: the next attempt succeeds.
func findConflict(ctx context.Context, db postgres.Querier, u User) error {
	var name bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.users WHERE username = $1)
		OR NOT EXISTS (SELECT FROM public.users WHERE email_key = $2)`, u.Username, naming.EmailKey(u.Email)).Scan(&name)
	switch {
	case err != nil:
		return fmt.Errorf("find conflict of user %s: %w", u.Username, err)
	case name:
		return &ConflictError{Field: FieldUsername}
	}
	return &ConflictError{Field: FieldEmail}
}

// findUser returns the user with a user name or email address, or ErrNotFound.
func findUser(ctx context.Context, db postgres.Querier, login string) (User, error) {
	return queryUser(ctx, db, `WHERE u.username = $1 OR u.email_key = $1`, naming.EmailKey(login))
}

func findUserByName(ctx context.Context, db postgres.Querier, username string) (User, error) {
	return queryUser(ctx, db, `WHERE u.username = $1`, username)
}

func findUserByID(ctx context.Context, db postgres.Querier, id int64) (User, error) {
	return queryUser(ctx, db, `WHERE u.id = $1`, id)
}

func queryUser(ctx context.Context, db postgres.Querier, where string, arg any) (User, error) {
	u, err := scanUser(db.QueryRow(ctx, selectUser+where, arg))
	return u, notFound("read user", err)
}

// searchUsers lists the users whose user name or email address begins with prefix and whose user name is greater than
// after. The operators compare bytes, as the indexes do: a text that begins with prefix lies between it and prefix with the last
// character of Unicode.
func searchUsers(ctx context.Context, db postgres.Querier, prefix, after string, limit int) ([]User, error) {
	rows, err := db.Query(ctx, selectUser+`WHERE (u.username ~>=~ $1 AND u.username ~<~ $2 OR u.email_key ~>=~ $1 AND u.email_key ~<~ $2)
		AND u.username > $3 ORDER BY u.username LIMIT $4`, naming.EmailKey(prefix), naming.EmailKey(prefix)+string(unicode.MaxRune), after, limit)
	if err != nil {
		return nil, fmt.Errorf("search users: %w", err)
	}
	users, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (User, error) { return scanUser(row) })
	if err != nil {
		return nil, fmt.Errorf("search users: %w", err)
	}
	return users, nil
}

// setPassword replaces a user's password hash, and reports whether it was still old.
func setPassword(ctx context.Context, db postgres.Querier, userID int64, old, hash string) (bool, error) {
	tag, err := db.Exec(ctx, `UPDATE public.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, userID, old, hash)
	if err != nil {
		return false, fmt.Errorf("set password of user %d: %w", userID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// endAccess ends the sessions of a user but keepSession, with the codes and the sessions on blogs that come from them, and
// what could start another one without the password: links to choose a password, and the token of the browser that signed
// up. It also forgets the browsers that the account knows. Call it after the change of the user's row, in the same transaction: a concurrent login waits for that row.
func endAccess(ctx context.Context, tx pgx.Tx, userID, keepSession int64) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM public.sessions WHERE user_id = $1 AND id <> $2`, userID, keepSession)
	batch.Queue(`DELETE FROM public.known_browsers WHERE user_id = $1`, userID)
	batch.Queue(`DELETE FROM public.mail_tokens WHERE user_id = $1 AND purpose = $2`, userID, PurposeReset)
	batch.Queue(`UPDATE public.registrations SET token_hash = $2 WHERE user_id = $1`, userID, secret.Hash(secret.New()))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("end access of user %d: %w", userID, err)
	}
	return nil
}

// lockUser makes changes of a user wait until the transaction ends.
func lockUser(ctx context.Context, tx pgx.Tx, userID int64) error {
	if _, err := tx.Exec(ctx, `SELECT FROM public.users WHERE id = $1 FOR NO KEY UPDATE`, userID); err != nil {
		return fmt.Errorf("lock user %d: %w", userID, err)
	}
	return nil
}

func confirmEmail(ctx context.Context, db postgres.Querier, userID int64, now time.Time) error {
	if _, err := db.Exec(ctx, `UPDATE public.users SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL`, userID, now); err != nil {
		return fmt.Errorf("confirm email address of user %d: %w", userID, err)
	}
	return nil
}

// setRole changes a user's role if it is still from, and reports whether it was.
func setRole(ctx context.Context, db postgres.Querier, userID int64, from, to Role) (bool, error) {
	tag, err := db.Exec(ctx, `UPDATE public.users SET role = $3 WHERE id = $1 AND role = $2`, userID, from, to)
	if err != nil {
		return false, fmt.Errorf("set role of user %d: %w", userID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// clearPassword makes every password of a user wrong.
func clearPassword(ctx context.Context, db postgres.Querier, userID int64) error {
	if _, err := db.Exec(ctx, `UPDATE public.users SET password_hash = '' WHERE id = $1`, userID); err != nil {
		return fmt.Errorf("clear password of user %d: %w", userID, err)
	}
	return nil
}

// changeState changes a user's state if it is still from, and reports whether it was.
func changeState(ctx context.Context, db postgres.Querier, userID int64, from, to UserState) (bool, error) {
	tag, err := db.Exec(ctx, `UPDATE public.users SET state = $3 WHERE id = $1 AND state = $2`, userID, from, to)
	if err != nil {
		return false, fmt.Errorf("set state of user %d: %w", userID, err)
	}
	return tag.RowsAffected() == 1, nil
}
