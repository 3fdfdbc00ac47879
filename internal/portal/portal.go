// Package portal is the public site of a platform: landing page, sign-up, login, dashboard and staff pages. The pages are
// in the packages public, member and staff, by audience; this package connects them to the use cases and runs the
// background jobs.
package portal

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Options configure a public site.
type Options struct {
	// DatabaseURI is the address of the database, with the role of the public site, or a file with it; see postgres.AddressFromEnv. Required.
	DatabaseURI string
	// MaxConns is the largest number of connections. Defaults to 8.
	MaxConns int32
	// Kubernetes configures the client of the API server. Required.
	Kubernetes *rest.Config
	// Namespace and Platform identify the Platform. Platform defaults to "default".
	Namespace, Platform string
	// TrustedProxies are the addresses whose X-Forwarded-For header is trusted. Empty: none.
	TrustedProxies []netip.Prefix
	// DNSServer is the address, HOST:PORT, of the DNS server that is asked for the records of custom domains. Defaults to the system's
	// servers.
	DNSServer string
	// Mailer sends emails. Required.
	Mailer mail.Transport
	// ConfirmFirst is true if a blog is created only after its owner has confirmed the email address. Otherwise the owner
	// confirms it later.
	ConfirmFirst bool
	// RegistrationsPerHour and RefusedPerHour are the rate limits for each network address: for sign-ups, and for invalid
	// sign-up forms. They default to 10 and 60.
	RegistrationsPerHour, RefusedPerHour int
	// AccessLog is true if every request is logged.
	AccessLog bool
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Portal serves the public site of one Platform.
type Portal struct {
	options  Options
	db       *postgres.Pool
	tenants  *tenants.Client
	domains  *tenants.Domains
	signup   *signup.Service
	accounts *account.Service
	outbox   *outbox.Worker
	// installation is checked before every request and every run of a job.
	installation *tenants.Installation
	// noticesAfter is the last tenant whose notices a background job has looked at.
	noticesAfter string
	observer     *web.Observer
	handler      http.Handler
}

// New returns a public site. It connects to the database and the API server when Run is called or a request arrives.
func New(o Options) (*Portal, error) {
	o = withDefaults(o)
	objects, err := tenants.New(o.Kubernetes, o.Namespace, o.Platform)
	if err != nil {
		return nil, err
	}
	db, err := postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: o.MaxConns, ApplicationName: "echoblogs-portal"})
	if err != nil {
		return nil, err
	}
	p := &Portal{options: o, db: db, tenants: objects, observer: web.NewObserver("echoblogs_portal")}
	p.installation = tenants.NewInstallation(objects, db)
	hasher := account.NewHasher()
	resolver := domainproof.NewResolver(o.DNSServer)
	p.domains = tenants.NewDomains(objects, db, resolver)
	p.accounts = account.New(account.Options{DB: db, Blogs: objects, Hasher: hasher, Resolver: resolver, MailQueued: func() { p.outbox.Wake() }, Log: o.Log, Now: o.Now})
	p.outbox = p.newOutbox()
	p.signup = signup.New(signup.Options{
		DB: db, Tenants: objects, Hasher: hasher, ConfirmFirst: o.ConfirmFirst, PerHour: o.RegistrationsPerHour, RefusedPerHour: o.RefusedPerHour,
		Check: p.installation.Check, MailQueued: p.outbox.Wake, Log: o.Log, Now: o.Now,
	})
	if err := p.addPages(); err != nil {
		db.Close()
		return nil, err
	}
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

// Handler serves the hosts of the public site, hosts without a blog, and Kubernetes' probes.
func (p *Portal) Handler() http.Handler { return p.handler }

// Run watches Tenants and runs the background jobs until ctx ends. It returns an error if Tenants cannot be watched.
func (p *Portal) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	for _, job := range p.jobs() {
		running.Go(func() { job(ctx) })
	}
	err := p.tenants.Run(ctx)
	cancel()
	running.Wait()
	if err != nil {
		return fmt.Errorf("watch Tenants: %w", err)
	}
	return nil
}

// Close closes the connections to the database. Call it after Run has returned and the last request has been answered.
func (p *Portal) Close() { p.db.Close() }
