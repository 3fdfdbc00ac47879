package signup

import (
	"context"
	"fmt"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Wanted are the names that a registration would take.
type Wanted struct {
	// Username is also the Tenant's name.
	Username string
	// Schema and Host would be the Tenant's.
	Schema, Host string
	// Email is the user's address.
	Email string
}

// Taken says which names are not to be had.
type Taken struct {
	// Username is true when the user name, the schema or the host is somebody's, or a deleted tenant's whose data is
	// kept. A name that is only held for a minute is not. The name of an owner who has no account yet is theirs: whoever
	// registered it would have their blog.
	Username bool
	// Email is true when another account has the address.
	Email bool
	// Undoing is true when a registration that failed has one of them for a moment still.
	Undoing bool
}

// LookUp finds out which names are taken.
func LookUp(ctx context.Context, db postgres.Querier, w Wanted) (Taken, error) {
	var t Taken
	err := db.QueryRow(ctx, `SELECT
			EXISTS (SELECT FROM public.users WHERE username = $1)
			OR EXISTS (SELECT FROM public.registrations WHERE username = $1 AND state IN ('confirming', 'provisioning', 'undoing'))
			OR EXISTS (SELECT FROM public.tenants WHERE name = $1 AND state IN ('live', 'tombstone'))
			OR EXISTS (SELECT FROM public.tenants WHERE owner = $1 AND state IN ('live', 'tombstone'))
			OR EXISTS (SELECT FROM public.tenants WHERE schema_name = $2 AND state IN ('live', 'tombstone'))
			OR EXISTS (SELECT FROM pg_namespace WHERE nspname = $2)
			OR EXISTS (SELECT FROM public.domains d LEFT JOIN public.tenants t ON t.id = d.tenant_id WHERE d.host = $3
				AND (t.id IS NULL OR t.state = 'tombstone' OR t.state = 'live' AND d.released_at IS NULL)),
			EXISTS (SELECT FROM public.users WHERE email_key = $4),
			EXISTS (SELECT FROM public.registrations r LEFT JOIN public.users u ON u.id = r.user_id
				WHERE r.state = 'undoing' AND (r.username = $1 OR u.email_key = $4))`,
		w.Username, w.Schema, w.Host, account.EmailKey(w.Email)).Scan(&t.Username, &t.Email, &t.Undoing)
	if err != nil {
		return Taken{}, fmt.Errorf("look which names are taken: %w", err)
	}
	return t, nil
}
