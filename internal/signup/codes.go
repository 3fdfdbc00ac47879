package signup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// RegistrationCode is a code that people may register with where registration is by invitation.
type RegistrationCode struct {
	// ID is never used again.
	ID int64
	// Note is for staff, to tell codes apart.
	Note string
	// UsesLeft is how many people may still register with it.
	UsesLeft int
	// CreatedBy is the user name of who made it, and CreatedAt when.
	CreatedBy string
	CreatedAt time.Time
	// ExpiresAt is the moment from which it is good for nothing.
	ExpiresAt time.Time
}

// InsertCode adds a code, of which only its hash is kept, and returns it.
func InsertCode(ctx context.Context, db postgres.Querier, c RegistrationCode) (string, error) {
	code := secret.New()
	_, err := db.Exec(ctx, `INSERT INTO public.registration_codes (code_hash, note, uses_left, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, secret.Hash(code), c.Note, c.UsesLeft, c.CreatedBy, c.CreatedAt, c.ExpiresAt)
	if err != nil {
		return "", fmt.Errorf("insert a code for registration: %w", err)
	}
	return code, nil
}

// ListCodes returns the codes that are good for something still, the newest first.
func ListCodes(ctx context.Context, db postgres.Querier, now time.Time) ([]RegistrationCode, error) {
	rows, err := db.Query(ctx, `SELECT id, note, uses_left, created_by, created_at, expires_at FROM public.registration_codes
		WHERE uses_left > 0 AND expires_at > $1 ORDER BY id DESC LIMIT 200`, now)
	if err != nil {
		return nil, fmt.Errorf("list codes for registration: %w", err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RegistrationCode])
	if err != nil {
		return nil, fmt.Errorf("list codes for registration: %w", err)
	}
	return codes, nil
}

// DeleteCode ends a code. One that has ended already is no error.
func DeleteCode(ctx context.Context, db postgres.Querier, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.registration_codes WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete code %d: %w", id, err)
	}
	return nil
}

// CodeIsGood reports whether somebody may register with a code now.
func CodeIsGood(ctx context.Context, db postgres.Querier, code string, now time.Time) (bool, error) {
	var good bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.registration_codes
		WHERE code_hash = $1 AND uses_left > 0 AND expires_at > $2)`, secret.Hash(code), now).Scan(&good)
	if err != nil {
		return false, fmt.Errorf("look for a code for registration: %w", err)
	}
	return good, nil
}

// useCode uses up a code once and returns its id, or ErrNoCode. The empty one is none, and has the id 0.
func useCode(ctx context.Context, db postgres.Querier, code string, now time.Time) (int64, error) {
	if code == "" {
		return 0, nil
	}
	var id int64
	err := db.QueryRow(ctx, `UPDATE public.registration_codes SET uses_left = uses_left - 1
		WHERE code_hash = $1 AND uses_left > 0 AND expires_at > $2 RETURNING id`, secret.Hash(code), now).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNoCode
	}
	if err != nil {
		return 0, fmt.Errorf("use a code for registration: %w", err)
	}
	return id, nil
}
