// Package account manages the users of a platform and their logins: passwords, sessions, logins on blogs, emailed tokens,
// invitations, and the removal of accounts. Files named after a table hold its SQL; the others hold what users and staff
// can do.
//
// A user may log in while they own a live tenant, or a deleted one whose data is retained; staff need none. The interface
// Blogs provides what the Tenant objects contain but the registry does not.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// ErrNotFound is returned when a user, session, code or token does not exist or has expired.
var ErrNotFound = errors.New("no such account, session, code or token")

// Blogs reads and deletes the Tenant objects of users. *tenants.Client implements it.
type Blogs interface {
	// Synced reports whether the cache of Tenants is complete.
	Synced(ctx context.Context) bool
	// HasBlog reports whether a Tenant in the cache belongs to a user or has their name.
	HasBlog(ctx context.Context, username string) (bool, error)
	// LiveNames reads the names of all Tenants and of their owners from the API server.
	LiveNames(ctx context.Context) (map[string]bool, error)
	// Owner returns the user name and email address of the owner of a Tenant in the cache. Both are empty if the Tenant
	// has no owner, does not exist or is being deleted.
	Owner(ctx context.Context, tenant string) (username, email string, err error)
	// Owns reports whether a user with an address, which may be confirmed, is the owner of a Tenant: one that names an
	// address belongs to the account with that address only.
	Owns(ctx context.Context, username, email string, confirmed bool, tenant string) (bool, error)
	// OwnerToInvite is Owner for a Tenant that is ready. Both are also empty if a sign-up created the Tenant: its owner
	// needs no invitation.
	OwnerToInvite(ctx context.Context, tenant string) (username, email string, err error)
	// SetOwnerEmail replaces the owner's address in the Tenant that a sign-up created for a user, if there is one.
	SetOwnerEmail(ctx context.Context, username, email string) error
	// DiscardSignup deletes the blog that a sign-up created for a user, with its data, unless the user has other blogs. It
	// reports whether it did.
	DiscardSignup(ctx context.Context, username string) (bool, error)
}

// PasswordHasher hashes and verifies passwords. *Hasher implements it.
type PasswordHasher interface {
	Hash(ctx context.Context, network, password string) (string, error)
	Verify(ctx context.Context, network, password, hash string) (bool, error)
}

// Options configure a Service.
type Options struct {
	// DB is the database, with the portal's role. Required.
	DB postgres.Beginner
	// Blogs are the Tenants of the Platform. Required by LogIn, CorrectEmail, invitations and Sweep.
	Blogs Blogs
	// Hasher defaults to NewHasher().
	Hasher PasswordHasher
	// Resolver looks up the records that prove custom domains. Defaults to the system's.
	Resolver domainproof.Resolver
	// MailQueued is called after an email was added to the outbox. Defaults to a function that does nothing.
	MailQueued func()
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Service implements what users and staff can do with accounts.
type Service struct {
	db         postgres.Beginner
	registry   tenancy.Reader
	blogs      Blogs
	hasher     PasswordHasher
	proofs     *proofs
	audit      *audit.Log
	mailQueued func()
	log        *slog.Logger
	now        func() time.Time
	metrics    *metrics

	// invitesAfter and orphansAfter are the last tenant and the last account that the background jobs have looked at.
	invitesAfter string
	orphansAfter int64
}

// New returns a Service.
func New(o Options) *Service {
	if o.Hasher == nil {
		o.Hasher = NewHasher()
	}
	if o.MailQueued == nil {
		o.MailQueued = func() {}
	}
	if o.Resolver == nil {
		o.Resolver = domainproof.NewResolver("")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		db: o.DB, registry: tenancy.NewReader(o.DB), blogs: o.Blogs, hasher: o.Hasher, audit: audit.NewLog(o.DB, o.Now), mailQueued: o.MailQueued, log: o.Log, now: o.Now,
		proofs: newProofs(o.Resolver, o.Now), metrics: newMetrics(),
	}
}

// metrics count what happens to accounts.
type metrics struct {
	logins  *prometheus.CounterVec
	removed prometheus.Counter
}

func newMetrics() *metrics {
	return &metrics{
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "echoblogs_logins_total", Help: "Logins, by result (succeeded, refused).",
		}, []string{"result"}),
		removed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "echoblogs_accounts_removed_total", Help: "Accounts removed because their users no longer had a blog.",
		}),
	}
}

// Ready returns an error if the database is unavailable, or if the tables of accounts do not exist yet.
func (s *Service) Ready(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, `SELECT FROM public.users LIMIT 0`); err != nil {
		return fmt.Errorf("query users: %w", err)
	}
	return nil
}

// Collectors returns the metrics.
func (s *Service) Collectors() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.logins, s.metrics.removed}
}

// The states of tenants as SQL literals.
const (
	live       = "'" + string(tenancy.StateLive) + "'"
	tombstone  = "'" + string(tenancy.StateTombstone) + "'"
	superseded = "'" + string(tenancy.StateSuperseded) + "'"
	released   = "'" + string(tenancy.StateReleased) + "'"
)

// notFound turns the driver's "no rows" into ErrNotFound, and adds to other errors what failed.
func notFound(what string, err error) error {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
