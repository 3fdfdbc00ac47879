package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DeleteExpired deletes expired sessions, codes, tokens and known browsers.
func (s *Service) DeleteExpired(ctx context.Context) error {
	batch := &pgx.Batch{}
	for _, table := range []string{"sessions", "blog_sessions", "login_codes", "mail_tokens", "known_browsers"} {
		batch.Queue(`DELETE FROM public.`+table+` WHERE expires_at <= $1`, s.now())
	}
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("delete expired sessions, codes, tokens and known browsers: %w", err)
	}
	return nil
}
