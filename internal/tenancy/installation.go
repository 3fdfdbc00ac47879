package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Installation is the Platform that a database serves.
type Installation struct {
	// Namespace and Name are those of the Platform.
	Namespace, Name string
	// PublicURL is the address of the public site, without a slash at the end.
	PublicURL string
	// Domain is the parent domain of the sites that people sign up for.
	Domain string
	// SignUp reports whether people can sign up, and CodeRequired whether they need a registration code for that.
	SignUp, CodeRequired bool
	// Contact is how to reach support: a mailto or an https URL. Empty: unknown.
	Contact string
}

// InUseError says that the database serves another Platform.
type InUseError struct{ Namespace, Name string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("the database serves the Platform %s/%s", e.Namespace, e.Name)
}

// Install records, at first, that the database serves a Platform, and afterwards keeps its recorded settings up to date. It
// returns *InUseError, and writes nothing, if the database serves another Platform.
func (s *Store) Install(ctx context.Context, want Installation, now time.Time) error {
	have, err := s.installation(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = s.pool.Exec(ctx, `INSERT INTO public.installation
			(id, platform_namespace, platform_name, public_url, domain, sign_up, code_required, contact, created_at)
			VALUES ($9, $1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
			want.Namespace, want.Name, want.PublicURL, want.Domain, want.SignUp, want.CodeRequired, want.Contact, now, uuid.NewString())
		if err == nil {
			have, err = s.installation(ctx)
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("record the Platform %s/%s: %w", want.Namespace, want.Name, err)
	case have.Namespace != want.Namespace || have.Name != want.Name:
		return &InUseError{have.Namespace, have.Name}
	case have == want:
		return nil
	}
	_, err = s.pool.Exec(ctx, `UPDATE public.installation SET public_url = $1, domain = $2, sign_up = $3, code_required = $4, contact = $5`,
		want.PublicURL, want.Domain, want.SignUp, want.CodeRequired, want.Contact)
	if err != nil {
		return fmt.Errorf("update the record of the Platform %s/%s: %w", want.Namespace, want.Name, err)
	}
	return nil
}

func (s *Store) installation(ctx context.Context) (Installation, error) {
	var i Installation
	err := s.pool.QueryRow(ctx, `SELECT platform_namespace, platform_name, public_url, domain, sign_up, code_required, contact FROM public.installation`).
		Scan(&i.Namespace, &i.Name, &i.PublicURL, &i.Domain, &i.SignUp, &i.CodeRequired, &i.Contact)
	return i, err
}

// Uninstall removes the record of a Platform, so that another one may use the database.
func (s *Store) Uninstall(ctx context.Context, namespace, name string) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM public.installation WHERE platform_namespace = $1 AND platform_name = $2`, namespace, name)
	if err != nil {
		return fmt.Errorf("remove the record of the Platform %s/%s: %w", namespace, name, err)
	}
	return nil
}
