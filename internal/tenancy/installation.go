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
	// NamespaceUID is the UID of the namespace. Two clusters may have namespaces of one name.
	NamespaceUID string
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
type InUseError struct {
	// Namespace and Name are those of the Platform, and NamespaceUID is the UID of the namespace.
	Namespace, Name, NamespaceUID string
	// SameNamespace reports whether the Platform is in the namespace of the Store.
	SameNamespace bool
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("the database serves the Platform %s/%s in the namespace with the UID %q", e.Namespace, e.Name, e.NamespaceUID)
}

func (o Options) inUse(by Installation) *InUseError {
	return &InUseError{by.Namespace, by.Name, by.NamespaceUID, by.NamespaceUID == o.NamespaceUID}
}

// Installation returns the Platform that the database serves, or ErrNotFound if none is recorded.
func (r Reader) Installation(ctx context.Context) (Installation, error) {
	rows, err := r.db.Query(ctx, `SELECT platform_namespace, platform_name, namespace_uid, public_url, domain, sign_up, code_required, contact FROM public.installation`)
	if err != nil {
		return Installation{}, fmt.Errorf("read which Platform the database serves: %w", err)
	}
	installation, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Installation])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Installation{}, ErrNotFound
	case err != nil:
		return Installation{}, fmt.Errorf("read which Platform the database serves: %w", err)
	}
	return installation, nil
}

// CheckInstallation returns *InUseError if the database serves another Platform, and nil if it serves none yet.
func (i Inspector) CheckInstallation(ctx context.Context, namespace, name string) error {
	have, err := i.Installation(ctx)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case have.Namespace != namespace || have.Name != name || have.NamespaceUID != i.options.NamespaceUID:
		return i.options.inUse(have)
	}
	return nil
}

// Install records, at first, that the database serves a Platform in the namespace of the Store, and afterwards keeps its
// recorded settings up to date. It returns *InUseError, and writes nothing, if the database serves another Platform.
func (s *Store) Install(ctx context.Context, want Installation, now time.Time) error {
	want.NamespaceUID = s.options.NamespaceUID
	have, err := s.Installation(ctx)
	if errors.Is(err, ErrNotFound) {
		if err := s.insertInstallation(ctx, want, now); err != nil {
			return err
		}
		have, err = s.Installation(ctx)
	}
	switch {
	case err != nil:
		return fmt.Errorf("record the Platform %s/%s: %w", want.Namespace, want.Name, err)
	case have.Namespace != want.Namespace || have.Name != want.Name || have.NamespaceUID != want.NamespaceUID:
		return s.options.inUse(have)
	case have == want:
		return nil
	}
	return s.inTransaction(ctx, "install", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE public.installation SET public_url = $1, domain = $2, sign_up = $3, code_required = $4, contact = $5`,
			want.PublicURL, want.Domain, want.SignUp, want.CodeRequired, want.Contact)
		if err != nil {
			return fmt.Errorf("update the record of the Platform %s/%s: %w", want.Namespace, want.Name, err)
		}
		return nil
	})
}

func (s *Store) insertInstallation(ctx context.Context, want Installation, now time.Time) error {
	return s.inTransaction(ctx, "install", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO public.installation
			(id, platform_namespace, platform_name, namespace_uid, public_url, domain, sign_up, code_required, contact, created_at)
			VALUES ($10, $1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			want.Namespace, want.Name, want.NamespaceUID, want.PublicURL, want.Domain, want.SignUp, want.CodeRequired, want.Contact, now, uuid.NewString())
		if err != nil {
			return fmt.Errorf("record the Platform %s/%s: %w", want.Namespace, want.Name, err)
		}
		return nil
	})
}

// TakeOver records that the database serves a Platform in the namespace of the Store, instead of the one in the namespace
// with the UID recorded, whose operator writes nothing after that. It does nothing if the database does not serve that one.
// While transactions of that operator are in progress, it may fail: the caller tries again.
func (s *Store) TakeOver(ctx context.Context, namespace, name, recorded string) error {
	return s.transact(ctx, "take_over", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		// Those who wait for a lock keep later transactions waiting.
		if err := run(ctx, tx, `SET LOCAL lock_timeout = '2s'`, `LOCK TABLE public.installation IN EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("wait for the transactions of the installation that is taken over: %w", err)
		}
		_, err := tx.Exec(ctx, `UPDATE public.installation SET platform_namespace = $1, platform_name = $2, namespace_uid = $3 WHERE namespace_uid = $4`,
			namespace, name, s.options.NamespaceUID, recorded)
		if err != nil {
			return fmt.Errorf("take over the database for the Platform %s/%s: %w", namespace, name, err)
		}
		return nil
	})
}

// Uninstall removes the record of a Platform, so that another one may use the database.
func (s *Store) Uninstall(ctx context.Context, namespace, name string) error {
	return s.inTransaction(ctx, "uninstall", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM public.installation WHERE platform_namespace = $1 AND platform_name = $2`, namespace, name)
		if err != nil {
			return fmt.Errorf("remove the record of the Platform %s/%s: %w", namespace, name, err)
		}
		return nil
	})
}
