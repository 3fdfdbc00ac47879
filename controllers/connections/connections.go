// Package connections holds the connections of the operator: one pool for the database of each Platform.
package connections

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// QueryTimeout bounds one query of the registry.
	QueryTimeout = 10 * time.Second
	// startTime is how long reconciles wait for their database after the first one of them.
	startTime = 5 * time.Second
)

// Stores holds the store of each Platform. The controller of Platforms connects and prepares them; the controller of
// Tenants uses those that are prepared.
type Stores struct {
	// Live reads Secrets and the namespace past the cache: the operator may get them by name, but not list or watch them.
	Live client.Reader
	// MaxConns is the largest number of connections to one database. Defaults to that of postgres.PoolOptions.
	MaxConns int32
	// Tracer traces every statement. Defaults to none.
	Tracer postgres.QueryTracer
	// Application is what runs in the schemas of tenants. Required.
	Application application.Application
	// Public are tables in public besides the registry's.
	Public []application.Set
	// MaxClockSkew is the largest tolerated difference between the controllers' clock and the database's; beyond it, holds
	// and retentions end by the later of the two. Tests, which set only the former, raise it. Defaults to 0.
	MaxClockSkew time.Duration

	mu      sync.Mutex
	open    map[types.NamespacedName]*database
	changed chan struct{}   // closed when a database becomes ready for use
	started <-chan struct{} // closed at the end of startTime
}

type database struct {
	how      databasesecret.Connection
	store    *tenancy.Store
	prepared bool
}

// Prepared returns the store of a Platform whose database is ready for use, or nil.
func (s *Stores) Prepared(platform types.NamespacedName) *tenancy.Store {
	store, _, _ := s.prepared(platform)
	return store
}

// SetPrepared marks a Platform's database as ready for use, or as not ready.
func (s *Stores) SetPrepared(platform types.NamespacedName, prepared bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if db := s.open[platform]; db != nil {
		db.prepared = prepared
	}
	if prepared && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Restart makes the next controllers begin as those of a new process do: another operator may have written to the databases since
// the former ones ended. Each database has to be prepared again, and Tenants wait for that.
func (s *Stores) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, db := range s.open {
		db.prepared = false
	}
	s.started = nil
}

// AwaitPrepared is Prepared for a database that was ready before the operator started. In the first seconds it waits: every
// Tenant is reconciled then, and those that come too early would all come again.
func (s *Stores) AwaitPrepared(ctx context.Context, platform types.NamespacedName) *tenancy.Store {
	for {
		store, changed, started := s.prepared(platform)
		if store != nil {
			return store
		}
		select {
		case <-changed:
		case <-started:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// prepared returns what Prepared does, and if that is nil what to wait for: a change, or the end of the first seconds.
func (s *Stores) prepared(platform types.NamespacedName) (store *tenancy.Store, changed, started <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if db := s.open[platform]; db != nil && db.prepared {
		return db.store, nil, nil
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	if s.started == nil {
		started := make(chan struct{})
		time.AfterFunc(startTime, func() { close(started) })
		s.started = started
	}
	return nil, s.changed, s.started
}

// Connect returns the store of a Platform, with a new pool if the address, the password or the authority has changed. It returns a
// *databasesecret.InvalidError if the Secret holds no usable address.
func (s *Stores) Connect(ctx context.Context, platform *v1alpha1.Platform) (*tenancy.Store, error) {
	how, err := databasesecret.Read(ctx, s.Live, platform)
	if err != nil {
		return nil, err
	}
	key := client.ObjectKeyFromObject(platform)
	if store := s.connected(key, how); store != nil {
		return store, nil
	}
	var namespace corev1.Namespace
	if err := s.Live.Get(ctx, client.ObjectKey{Name: platform.Namespace}, &namespace); err != nil {
		return nil, fmt.Errorf("read the UID of the namespace %s: %w", platform.Namespace, err)
	}
	store, err := tenancy.Open(how.URI, tenancy.Options{
		Application:  s.Application,
		Public:       s.Public,
		RolePrefix:   postgres.RolePrefix(platform.Spec.Database.RolePrefix),
		Pool:         postgres.PoolOptions{MaxConns: s.MaxConns, ApplicationName: "echoblogs-operator", Tracer: s.Tracer, CA: how.CA},
		NamespaceUID: string(namespace.UID),
		Citus:        platform.Spec.Database.Engine == v1alpha1.Citus,
		MaxClockSkew: s.MaxClockSkew,
	})
	if err != nil {
		return nil, &databasesecret.InvalidError{Secret: platform.Spec.Database.SecretRef.Name, Problem: err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnectLocked(key)
	if s.open == nil {
		s.open = map[types.NamespacedName]*database{}
	}
	s.open[key] = &database{how: how, store: store}
	return store, nil
}

// connected returns the store of a Platform if it is connected in this way.
func (s *Stores) connected(key types.NamespacedName, how databasesecret.Connection) *tenancy.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if db := s.open[key]; db != nil && db.how == how {
		return db.store
	}
	return nil
}

// Disconnect closes the connections of a deleted Platform.
func (s *Stores) Disconnect(platform types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnectLocked(platform)
}

// disconnectLocked does not wait for transactions in progress: their connections are closed when they end.
func (s *Stores) disconnectLocked(key types.NamespacedName) {
	if db := s.open[key]; db != nil {
		go db.store.Close()
		delete(s.open, key)
	}
}

// Close closes all connections and waits for statements in progress.
func (s *Stores) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, db := range s.open {
		db.store.Close()
	}
	s.open = nil
}

// Stats returns the statistics of the connection pools, keyed by the namespace and name of their Platforms.
func (s *Stores) Stats() map[string]*postgres.PoolStat {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := make(map[string]*postgres.PoolStat, len(s.open))
	for key, db := range s.open {
		stats[key.String()] = db.store.Stat()
	}
	return stats
}
