package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DeleteExpired deletes expired sessions, codes, tokens, known browsers and answers to forms.
func (s *Service) DeleteExpired(ctx context.Context) error {
	batch := &pgx.Batch{}
	for _, table := range []string{"sessions", "blog_sessions", "login_codes", "mail_tokens", "known_browsers", "form_answers"} {
		batch.Queue(`DELETE FROM public.`+table+` WHERE expires_at <= $1`, s.now())
	}
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("delete expired rows of accounts: %w", err)
	}
	return nil
}
