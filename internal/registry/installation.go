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
	// PublicURL is the address of the public site.
	PublicURL string
}

// InUseError says that the database serves another Platform.
type InUseError struct{ Namespace, Name string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("the database serves the Platform %s/%s", e.Namespace, e.Name)
}

// Install records that the database serves a Platform, on first contact, and keeps its public address up to date. It
// returns *InUseError, and writes nothing, when the database serves another one.
func Install(ctx context.Context, db Querier, want Installation, now time.Time) error {
	have, err := readInstallation(ctx, db)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = db.Exec(ctx, `INSERT INTO public.installation (platform_namespace, platform_name, public_url, created_at)
			VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, want.Namespace, want.Name, want.PublicURL, now)
		if err == nil {
			have, err = readInstallation(ctx, db)
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("record the Platform %s/%s: %w", want.Namespace, want.Name, err)
	case have.Namespace != want.Namespace || have.Name != want.Name:
		return &InUseError{have.Namespace, have.Name}
	case have.PublicURL == want.PublicURL:
		return nil
	}
	if _, err := db.Exec(ctx, `UPDATE public.installation SET public_url = $1`, want.PublicURL); err != nil {
		return fmt.Errorf("record the public address of the Platform %s/%s: %w", want.Namespace, want.Name, err)
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
	var i Installation
	err := db.QueryRow(ctx, `SELECT platform_namespace, platform_name, public_url FROM public.installation`).
		Scan(&i.Namespace, &i.Name, &i.PublicURL)
	return i, err
}
