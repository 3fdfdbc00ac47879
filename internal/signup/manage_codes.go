package signup

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// The bounds of a NewCode.
const (
	maxNote = 100 // characters
	maxUses = 10000
	maxDays = 365
)

// The fields of a NewCode.
const (
	FieldNote = "note"
	FieldUses = "uses"
	FieldDays = "days"
)

// NewCode is a registration code that staff create.
type NewCode struct {
	// Note tells staff what the code is for. Required, at most 100 characters on one line.
	Note string
	// Uses is how many people may sign up with the code, from 1 to 10000.
	Uses int
	// Days is for how many days the code is valid, from 1 to 365.
	Days int
}

func (c NewCode) validate() error {
	var invalid ValidationError
	if utf8.RuneCountInString(c.Note) > maxNote || !naming.IsTitle(c.Note) {
		invalid.add(FieldNote, fmt.Sprintf("Enter a note of at most %d characters on one line.", maxNote))
	}
	if c.Uses < 1 || c.Uses > maxUses {
		invalid.add(FieldUses, fmt.Sprintf("Enter a number from 1 to %d.", maxUses))
	}
	if c.Days < 1 || c.Days > maxDays {
		invalid.add(FieldDays, fmt.Sprintf("Enter a number from 1 to %d.", maxDays))
	}
	if len(invalid.Fields) > 0 {
		return &invalid
	}
	return nil
}

// Codes returns the valid registration codes, newest first.
func (s *Service) Codes(ctx context.Context) ([]RegistrationCode, error) {
	return listCodes(ctx, s.db, s.now())
}

// CreateCode creates a registration code on behalf of actor, a member of staff, and returns it. Only its hash is stored.
// It returns a *ValidationError if c cannot be accepted.
func (s *Service) CreateCode(ctx context.Context, actor string, c NewCode) (code string, err error) {
	c.Note = strings.TrimSpace(c.Note)
	if err := c.validate(); err != nil {
		return "", err
	}
	now := s.now()
	entry := audit.Entry{Actor: actor, Action: "create a registration code", Detail: fmt.Sprintf("%s, uses: %d, days: %d", c.Note, c.Uses, c.Days)}
	err = s.audit.InTx(ctx, entry, func(tx pgx.Tx) error {
		var err error
		code, err = InsertCode(ctx, tx, RegistrationCode{
			Note: c.Note, UsesLeft: c.Uses, CreatedBy: actor, CreatedAt: now, ExpiresAt: now.Add(time.Duration(c.Days) * 24 * time.Hour),
		})
		return err
	})
	return code, err
}

// RevokeCode deletes a registration code on behalf of actor, a member of staff. A code that does not exist is not an error.
func (s *Service) RevokeCode(ctx context.Context, actor string, id int64) error {
	entry := audit.Entry{Actor: actor, Action: "revoke a registration code", Detail: "no. " + strconv.FormatInt(id, 10)}
	return s.audit.InTx(ctx, entry, func(tx pgx.Tx) error { return deleteCode(ctx, tx, id) })
}
