// Package operatortest runs the controllers of the operator in the process of a test, with the Role of an installation,
// against an API server, a database and a replica of the blog.
package operatortest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/connections"
	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// MaxBackoff is the operator's longest delay between attempts by default, much shorter than in a cluster.
const MaxBackoff = 500 * time.Millisecond

// Platform belongs to one test: a namespace, a database, an operator as its ServiceAccount, and a replica of the blog.
type Platform struct {
	*platformtest.Platform
	T testing.TB
	// Pool has the operator's role.
	Pool *pgxpool.Pool
	// Clock is that of operator and blog.
	Clock *clocktesting.FakePassiveClock
	// Blog is the replica that the operator probes. It is nil if Serve is set.
	Blog *blogtest.Replica
	// Queries and Writes record what the operator sends to the database and to the API server.
	Queries *QueryRecorder
	Writes  *WriteRecorder

	// Options of NewNamespace may change the following fields.

	// API defaults to the server that all tests of the package share.
	API *apiserver.Server
	// Database defaults to one on the server that all tests of the package share.
	Database *postgrestest.Database
	// Reach converts the connection string of the database into the one that operator and blog use.
	Reach func(uri string) string
	// DNS is the server that the operator asks for the records of custom domains.
	DNS *dnsserver.Server
	// MaxBackoff is the operator's longest delay between attempts. 0: the one of a cluster.
	MaxBackoff time.Duration
	// BackendInterval is how often the operator asks the backend for a Tenant again. 0: as in a cluster.
	BackendInterval time.Duration
	// MaxClockSkew lets tests move the operator's clock without the database's.
	MaxClockSkew time.Duration
	// KeepStores makes operators share the connections, as those do that a process starts one after another.
	KeepStores bool
	// Application and Public are what the operator runs and prepares. They default to the blog and the accounts.
	Application application.Application
	Public      []application.Set
	// Serve starts the application and returns its address. Defaults to a replica of the blog.
	Serve func(*Platform) (address string)

	// Backend is the address of the application.
	Backend string
	// Stores are those of the operator that was started last.
	Stores *connections.Stores
}

// New starts all of it, and waits for the Platform "default" to be Ready. Edits change it before it is created.
func New(t *testing.T, edits ...func(*v1alpha1.Platform)) *Platform {
	t.Helper()
	p := NewNamespace(t)
	p.Start(edits...)
	return p
}

// NewNamespace creates a namespace with a database, and starts the application, but no operator.
func NewNamespace(t testing.TB, options ...func(*Platform)) *Platform {
	t.Helper()
	p := &Platform{
		T: t, Clock: clocktesting.NewFakePassiveClock(time.Now()), Queries: &QueryRecorder{}, Writes: &WriteRecorder{},
		API: apiserver.Shared(t), Reach: func(uri string) string { return uri }, MaxBackoff: MaxBackoff,
		MaxClockSkew: 100 * 365 * 24 * time.Hour, Application: blogapp.Application, Public: []application.Set{migrations.Set},
	}
	p.DNS = dnsserver.Start(t)
	for _, option := range options {
		option(p)
	}
	p.Platform = platformtest.New(t, p.API.Client)
	if p.Database == nil {
		p.Database = postgrestest.New(t)
	}
	var err error
	if p.Pool, err = postgres.NewPool(p.Database.OperatorURI, postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Pool.Close)
	p.CreateDatabaseSecret(p.Reach(p.Database.OperatorURI))
	if p.Serve != nil {
		p.Backend = p.Serve(p)
		return p
	}
	p.Blog = blogtest.StartReplica(t, blog.Options{
		ReaderConns: 2, DatabaseURI: p.Reach(p.Database.BlogURI), ListenURI: p.Database.BlogURI, Now: p.Clock.Now,
	})
	p.Backend = p.Blog.Address
	return p
}

// In returns the same Platform for a subtest, or for one input of a fuzz target.
func (p *Platform) In(t testing.TB) *Platform {
	t.Helper()
	other := *p
	other.T, other.Platform = t, p.Platform.In(t)
	return &other
}

// Start starts the operator, creates the Platform, and waits for it to be Ready.
func (p *Platform) Start(edits ...func(*v1alpha1.Platform)) {
	p.T.Helper()
	p.StartOperator(nil)
	p.CreateDefault(edits...)
	p.WaitReady()
}

// CreateDefault creates the Platform "default", with one domain at a port, and without the public site.
func (p *Platform) CreateDefault(edits ...func(*v1alpha1.Platform)) {
	p.T.Helper()
	p.CreatePlatform(append([]func(*v1alpha1.Platform){func(object *v1alpha1.Platform) {
		object.Spec.Domains, object.Spec.PublicURL, object.Spec.Portal = []v1alpha1.ParentDomain{"example.com"}, "http://example.com:8000", nil
		object.Spec.Database.RolePrefix = string(p.Database.RolePrefix)
	}}, edits...)...)
}

// Nudge makes the operator reconcile a Tenant, as a due date does.
func (p *Platform) Nudge(name string) {
	p.T.Helper()
	p.EditTenant(name, func(t *v1alpha1.Tenant) {
		metav1.SetMetaDataAnnotation(&t.ObjectMeta, "test/nudge", rand.Text())
	})
}

// WantText returns an error unless the message of a condition contains a text.
func WantText(conditions []metav1.Condition, text string) error {
	for _, c := range conditions {
		if strings.Contains(c.Message, text) {
			return nil
		}
	}
	return fmt.Errorf("no condition contains %q: %v", text, conditions)
}
