package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// formTime is when a form whose processing has not ended counts as interrupted. It exceeds the time that a request may take.
const formTime = 30 * time.Second

// Form is a form that a browser has sent. The database holds only hashes of it.
type Form struct {
	// Browser is the random ID of the browser.
	Browser string
	// Content is what the browser has sent, and to which page.
	Content string
}

// secret returns a text that only the browser knows, because its ID is a part.
func (f Form) secret() string { return f.Browser + "\x00" + f.Content }

// BeginForm begins to process a form, which replaces the last one of the browser. If that is the same form, began is false,
// and the answer is the one that EndForm has kept: nil while the form is being processed. A caller that has waited for the
// answer also gets an expired one.
func (s *Service) BeginForm(ctx context.Context, form Form, waited bool) (answer []byte, began bool, err error) {
	now, browser, hash := s.now(), secret.Hash(form.Browser), secret.Hash(form.secret())
	answer, found, err := findAnswer(ctx, s.db, browser, hash, now, waited)
	if err != nil || found && answer == nil {
		return nil, false, err
	}
	if found {
		answer, err = secret.Open(form.secret(), answer)
		return answer, false, err
	}
	err = s.db.QueryRow(ctx, `INSERT INTO public.form_answers AS f (browser_hash, form_hash, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (browser_hash) DO UPDATE SET form_hash = $2, answer = NULL, expires_at = $3
		WHERE f.form_hash <> $2 OR f.expires_at <= $4 RETURNING true`, browser, hash, now.Add(formTime), now).Scan(&began)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) { // no row: another request has just begun
		return nil, false, fmt.Errorf("begin form: %w", err)
	}
	return nil, began, nil
}

func findAnswer(ctx context.Context, db postgres.Querier, browser, form []byte, now time.Time, expired bool) (answer []byte, found bool, err error) {
	err = db.QueryRow(ctx, `SELECT answer FROM public.form_answers
		WHERE browser_hash = $1 AND form_hash = $2 AND (expires_at > $3 OR $4 AND answer IS NOT NULL)`, browser, form, now, expired).Scan(&answer)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read answer to form: %w", err)
	}
	return answer, true, nil
}

// EndForm keeps the answer to a form that BeginForm began, encrypted with a key that the browser has and the database has
// not. Without an answer, the same form is processed again. A life of 0 keeps it for callers that wait for it.
func (s *Service) EndForm(ctx context.Context, form Form, answer []byte, life time.Duration) error {
	browser, hash := secret.Hash(form.Browser), secret.Hash(form.secret())
	var err error
	if answer == nil {
		_, err = s.db.Exec(ctx, `DELETE FROM public.form_answers WHERE browser_hash = $1 AND form_hash = $2`, browser, hash)
	} else {
		_, err = s.db.Exec(ctx, `UPDATE public.form_answers SET answer = $3, expires_at = $4 WHERE browser_hash = $1 AND form_hash = $2`,
			browser, hash, secret.Seal(form.secret(), answer), s.now().Add(life))
	}
	if err != nil {
		return fmt.Errorf("end form: %w", err)
	}
	return nil
}
