package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Installation names the Platform that a database serves.
type Installation struct {
	Namespace, Name string
	// PublicURL is the address of the public site, without a slash at the end.
	PublicURL string
	// Domain is the one under which people register blogs.
	Domain string
	// Registration says who may: Open, Invite or Closed.
	Registration string
	// Contact is where people reach those who run the site, a mailto or an https address. Empty: nowhere.
	Contact string
}

// InUseError says that the database serves another Platform.
type InUseError struct{ Namespace, Name string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("the database serves the Platform %s/%s", e.Namespace, e.Name)
}

// Install records that the database serves a Platform, on first contact, and keeps what pages say of it up to date. It
// returns *InUseError, and writes nothing, when the database serves another one.
func Install(ctx context.Context, db Querier, want Installation, now time.Time) error {
	have, err := readInstallation(ctx, db)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = db.Exec(ctx, `INSERT INTO public.installation
			(platform_namespace, platform_name, public_url, domain, registration, contact, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			want.Namespace, want.Name, want.PublicURL, want.Domain, want.Registration, want.Contact, now)
		if err == nil {
			have, err = readInstallation(ctx, db)
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
	_, err = db.Exec(ctx, `UPDATE public.installation SET public_url = $1, domain = $2, registration = $3, contact = $4`,
		want.PublicURL, want.Domain, want.Registration, want.Contact)
	if err != nil {
		return fmt.Errorf("record what pages say of the Platform %s/%s: %w", want.Namespace, want.Name, err)
	}
	return nil
}

// Uninstall forgets the Platform, so that another one may use the database.
func Uninstall(ctx context.Context, db Querier, namespace, name string) error {
	_, err := db.Exec(ctx, `DELETE FROM public.installation WHERE platform_namespace = $1 AND platform_name = $2`, namespace, name)
	if err != nil {
		return fmt.Errorf("forget the Platform %s/%s: %w", namespace, name, err)
	}
	return nil
}

func readInstallation(ctx context.Context, db Querier) (Installation, error) {
	return scanInstallation(db.QueryRow(ctx, selectInstallation))
}

const selectInstallation = `SELECT platform_namespace, platform_name, public_url, domain, registration, contact FROM public.installation`

func scanInstallation(row pgx.Row) (Installation, error) {
	var i Installation
	err := row.Scan(&i.Namespace, &i.Name, &i.PublicURL, &i.Domain, &i.Registration, &i.Contact)
	return i, err
}
