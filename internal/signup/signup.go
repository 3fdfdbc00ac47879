// Package signup takes a person from a form to a live blog.
//
// A registration is a row of public.registrations, and a Tenant whose annotation holds the ID of that row. Advance moves it
// as far as it can go now. It depends only on the row and the Tenant, so any replica can resume after a crash or a lost
// response; a lease in the row keeps two replicas from working on the same registration.
//
//	state         what is true                  event                                    next state    done by
//	-             there is neither row nor      valid form                               provisioning  Start: inserts user and row
//	              user                          the same, with ConfirmFirst              confirming    Start: queues the email, too
//	confirming    the email is queued; there    the address is confirmed                 provisioning  Advance
//	              is no Tenant                  it is not, within UnconfirmedLife        rolling_back  Advance
//	provisioning  the user cannot log in; the   no Tenant; the address is confirmed, or  provisioning  Advance: creates it
//	              Tenant may exist                this is Start's first pass
//	                                            no Tenant otherwise                      rolling_back  Advance
//	                                            the API server refuses the Tenant        rolling_back  Advance
//	                                            it is unavailable to Start's first pass  rolling_back  Advance
//	                                            the Tenant belongs to someone else, has  rolling_back  Advance
//	                                              a name conflict, or is being deleted
//	                                            the Tenant is Ready                      live          Advance: activates the user,
//	                                                                                                     queues the email unless the
//	                                                                                                     address is confirmed
//	rolling_back  failure says why              the Tenant exists                        rolling_back  Advance: deletes it by UID, with
//	                                                                                                     its data
//	                                            the Tenant is gone                       failed        Advance: deletes the user,
//	                                                                                                     refunds the code
//	live          the user can log in           -                                        -             -
//	failed        nothing is left               the Tenant appears late                  rolling_back  Advance
//
// Four callers do nothing but call Advance: Start, for the form; Confirmed, after the user has opened the link in the email;
// the watch of Tenants, in every replica; and the sweeper, for those that the others missed. Reading a registration never
// changes it.
//
// Only Start's first pass creates the Tenant of an unconfirmed registration. If it is interrupted, the person was shown an
// error or nothing at all, and the registration is rolled back.
package signup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// UnconfirmedLife is how long a registration waits for its address to be confirmed.
const UnconfirmedLife = account.UnconfirmedLife

var (
	// ErrClosed is returned when the Platform does not accept sign-ups.
	ErrClosed = errors.New("sign-up is closed")
	// ErrUnavailable is returned when the Tenant could not be created because the API server is unavailable. The
	// registration is rolled back.
	ErrUnavailable = errors.New("blogs cannot be created now")
	// ErrNotFound is returned when no registration has the token or ID.
	ErrNotFound = fmt.Errorf("the registration does not exist: %w", account.ErrNotFound)
)

// Tenants reads and writes the Tenant objects of sign-ups. *tenants.Client implements it.
type Tenants interface {
	// Platform returns the cached Platform.
	Platform(ctx context.Context) (*v1alpha1.Platform, error)
	// Synced reports whether the cache has been filled.
	Synced(ctx context.Context) bool
	// Get returns a Tenant from the cache.
	Get(ctx context.Context, name string) (*v1alpha1.Tenant, error)
	// GetLive reads a Tenant from the API server.
	GetLive(ctx context.Context, name string) (*v1alpha1.Tenant, error)
	// Create creates a Tenant, or returns tenants.ErrExists.
	Create(ctx context.Context, tenant tenants.NewTenant) (*v1alpha1.Tenant, error)
	// Discard deletes a Tenant with its data, by UID.
	Discard(ctx context.Context, tenant *v1alpha1.Tenant) error
	// OnChange registers a function that is called after each change of a Tenant. before is nil after the creation of a
	// Tenant, and after is nil after its deletion.
	OnChange(changed func(before, after *v1alpha1.Tenant))
}

// Hasher hashes passwords. *account.Hasher implements it.
type Hasher interface {
	Hash(ctx context.Context, network, password string) (string, error)
}

// Options configure a Service.
type Options struct {
	// DB is the database, with the portal's role. Required.
	DB postgres.Beginner
	// Tenants are the Tenants of the Platform. Required.
	Tenants Tenants
	// Hasher hashes passwords. Required.
	Hasher Hasher
	// Check returns an error if no registration may be advanced, because the database serves another installation. Defaults
	// to a function that returns nil.
	Check func(ctx context.Context) error
	// ConfirmFirst makes a registration wait for its address to be confirmed before the Tenant is created. By default
	// the address is confirmed afterwards.
	ConfirmFirst bool
	// PerHour is how many registrations one network may start in an hour, and RefusedPerHour how many more may be
	// refused. Default to 10 and 60.
	PerHour, RefusedPerHour int
	// Patience is how long Start waits for the blog to become live. Defaults to 2 s.
	Patience time.Duration
	// MailQueued is called after an email was queued. Defaults to a function that does nothing.
	MailQueued func()
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Service signs people up on one Platform.
type Service struct {
	audit                   *audit.Log
	db                      postgres.Beginner
	tenants                 Tenants
	hasher                  Hasher
	check                   func(context.Context) error
	confirmFirst            bool
	perHour, refusedPerHour ratelimit.Limit
	patience                time.Duration
	mailQueued              func()
	log                     *slog.Logger
	now                     func() time.Time

	metrics *metrics
	waiters waiters
	// queue holds the IDs of registrations that may be able to advance.
	queue workqueue.TypedRateLimitingInterface[string]
}

// New returns a Service. Call Run to have it watch Tenants and sweep.
func New(o Options) *Service {
	if o.PerHour == 0 {
		o.PerHour = 10
	}
	if o.RefusedPerHour == 0 {
		o.RefusedPerHour = 60
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	if o.Check == nil {
		o.Check = func(context.Context) error { return nil }
	}
	if o.MailQueued == nil {
		o.MailQueued = func() {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{
		db: o.DB, audit: audit.NewLog(o.DB, o.Now), tenants: o.Tenants, hasher: o.Hasher, check: o.Check, confirmFirst: o.ConfirmFirst,
		perHour: newLimit("register", o.PerHour), refusedPerHour: newLimit("register-refused", o.RefusedPerHour),
		patience: o.Patience, mailQueued: o.MailQueued, log: o.Log, now: o.Now, metrics: newMetrics(), queue: newQueue(),
	}
	s.tenants.OnChange(s.tenantChanged)
	return s
}

// ours reports whether a Tenant belongs to a registration.
func (r *Registration) ours(tenant *v1alpha1.Tenant) bool {
	return tenants.RegistrationID(tenant) == r.ID
}
