// Package portal is the public site of a platform: landing page, registration, login, dashboard and staff pages. It
// creates and edits Tenant objects, and has no right on any tenant's schema.
package portal

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"k8s.io/client-go/rest"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Options say how the public site is to run.
type Options struct {
	// DatabaseURI is the address of the database, with the portal's own role. Required.
	DatabaseURI string
	// MaxConns is the largest number of connections. Defaults to 8.
	MaxConns int32
	// Kubernetes is how the API server is reached. Required.
	Kubernetes *rest.Config
	// Namespace and Platform name the Platform whose public site this is. Platform defaults to "default".
	Namespace, Platform string
	// TrustedProxies are the addresses whose X-Forwarded-For header is believed. Empty: nobody's.
	TrustedProxies []netip.Prefix
	// DNSServer is the address, HOST:PORT, of who is asked for the records by which domains are proved. Defaults to those
	// of the system.
	DNSServer string
	// Mailer sends mails. Required.
	Mailer mail.Transport
	// ConfirmFirst makes a registration wait until its address is confirmed. Otherwise it is asked for afterwards.
	ConfirmFirst bool
	// RegistrationsPerHour and RefusedPerHour bound how many registrations an address may make in an hour, and how many
	// more may be refused for what was filled in. Default to 10 and 60.
	RegistrationsPerHour, RefusedPerHour int
	// AccessLog makes Log take a line for each request.
	AccessLog bool
	// Log takes what happens. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Portal serves the public site of one Platform.
type Portal struct {
	options Options
	log     *slog.Logger
	now     func() time.Time
	db      *pgxpool.Pool
	tenants *tenants.Client
	domains *tenants.Domains
	// staffTenants changes tenants for staff.
	staffTenants *tenants.Staff
	audit        *audit.Log
	signup       *signup.Service
	accounts     *account.Service
	hasher       *account.Hasher
	pages        *pages
	outbox       *outbox.Worker
	observer     *web.Observer
	handler      http.Handler
}

// New returns a public site. It connects to nothing yet.
func New(o Options) (*Portal, error) {
	o = withDefaults(o)
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	objects, err := tenants.New(o.Kubernetes, o.Namespace, o.Platform)
	if err != nil {
		return nil, err
	}
	db, err := postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: o.MaxConns, ApplicationName: "echoblogs-portal"})
	if err != nil {
		return nil, err
	}
	p := &Portal{
		options: o, log: o.Log, now: o.Now, db: db, tenants: objects, audit: audit.NewLog(db, o.Now), hasher: account.NewHasher(), pages: pages,
		observer: web.NewObserver("echoblogs_portal"),
	}
	p.domains = tenants.NewDomains(objects, db, newResolver(o.DNSServer))
	p.staffTenants = tenants.NewStaff(objects, db, p.audit, o.Now)
	p.accounts = account.New(account.Options{DB: db, Blogs: objects, Hasher: p.hasher, MailQueued: func() { p.outbox.Wake() }, Log: o.Log, Now: o.Now})
	p.outbox = newOutbox(o, db, objects, p.accounts)
	p.observer.Log, p.observer.AccessLog, p.observer.Identify, p.observer.Panicked = o.Log, o.AccessLog, true, p.panicked
	p.signup = signup.New(signup.Options{
		DB: db, Tenants: objects, Hasher: p.hasher, ConfirmFirst: o.ConfirmFirst, PerHour: o.RegistrationsPerHour, RefusedPerHour: o.RefusedPerHour,
		MailQueued: p.outbox.Wake, Log: o.Log, Now: o.Now,
	})
	p.handler = p.observer.Wrap(p.routes())
	return p, nil
}

func withDefaults(o Options) Options {
	if o.Platform == "" {
		o.Platform = "default"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Handler answers requests for the public site's hosts, for hosts that nobody owns, and the probes of the platform it
// runs on.
func (p *Portal) Handler() http.Handler { return p.handler }

// Run keeps what is known of Tenants up to date and does the site's work in the background until ctx ends. It returns
// an error when the API server cannot be talked to at all.
func (p *Portal) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	for _, work := range p.work() {
		running.Go(func() { work(ctx) })
	}
	err := p.tenants.Run(ctx)
	cancel()
	running.Wait()
	if err != nil {
		return fmt.Errorf("watch Tenants: %w", err)
	}
	return nil
}

// work lists what goes on in the background.
func (p *Portal) work() []func(context.Context) {
	return []func(context.Context){
		p.clean,
		p.outbox.Run,
		p.remind,
		p.invite,
		p.signup.Run,
		func(ctx context.Context) { p.every(ctx, accountsInterval, "remove accounts", p.accounts.Sweep) },
	}
}

// Close closes the connections to the database. Call it after Run has returned and the last request has been answered.
func (p *Portal) Close() { p.db.Close() }
