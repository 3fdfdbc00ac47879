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

// RegistrationCode is a code that people need to sign up on a Platform that requires an invitation.
type RegistrationCode struct {
	// ID identifies the code.
	ID int64
	// Note tells staff what the code is for.
	Note string
	// UsesLeft is how many more people may sign up with it.
	UsesLeft int
	// CreatedBy is the user name of the member of staff who created it.
	CreatedBy string
	CreatedAt time.Time
	// ExpiresAt is the time from which the code is invalid.
	ExpiresAt time.Time
}

// errInvalidCode is returned when a code is unknown, expired or used up.
var errInvalidCode = errors.New("the code is unknown, expired or used up")

// InsertCode adds a new code and returns it. Only its hash is stored.
func InsertCode(ctx context.Context, db postgres.Querier, c RegistrationCode) (string, error) {
	code := secret.New()
	_, err := db.Exec(ctx, `INSERT INTO public.registration_codes (code_hash, note, uses_left, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, secret.Hash(code), c.Note, c.UsesLeft, c.CreatedBy, c.CreatedAt, c.ExpiresAt)
	if err != nil {
		return "", fmt.Errorf("insert registration code: %w", err)
	}
	return code, nil
}

// listCodes returns the valid codes, newest first.
func listCodes(ctx context.Context, db postgres.Querier, now time.Time) ([]RegistrationCode, error) {
	rows, err := db.Query(ctx, `SELECT id, note, uses_left, created_by, created_at, expires_at FROM public.registration_codes
		WHERE uses_left > 0 AND expires_at > $1 ORDER BY id DESC LIMIT 200`, now)
	if err != nil {
		return nil, fmt.Errorf("list registration codes: %w", err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RegistrationCode])
	if err != nil {
		return nil, fmt.Errorf("list registration codes: %w", err)
	}
	return codes, nil
}

func deleteCode(ctx context.Context, db postgres.Querier, id int64) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.registration_codes WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete registration code %d: %w", id, err)
	}
	return nil
}

// isCodeValid reports whether a code can be used to sign up.
func isCodeValid(ctx context.Context, db postgres.Querier, code string, now time.Time) (bool, error) {
	var valid bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.registration_codes
		WHERE code_hash = $1 AND uses_left > 0 AND expires_at > $2)`, secret.Hash(code), now).Scan(&valid)
	if err != nil {
		return false, fmt.Errorf("read registration code: %w", err)
	}
	return valid, nil
}

// useCode counts a use of a code and returns its ID, or errInvalidCode.
func useCode(ctx context.Context, db postgres.Querier, code string, now time.Time) (int64, error) {
	var id int64
	err := db.QueryRow(ctx, `UPDATE public.registration_codes SET uses_left = uses_left - 1
		WHERE code_hash = $1 AND uses_left > 0 AND expires_at > $2 RETURNING id`, secret.Hash(code), now).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, errInvalidCode
	}
	if err != nil {
		return 0, fmt.Errorf("use registration code: %w", err)
	}
	return id, nil
}
