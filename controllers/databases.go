package controllers

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/schema"
)

// Databases holds one pool of connections for each Platform. The Platform's controller opens and prepares them; the
// Tenants' uses those that are prepared.
type Databases struct {
	// Secrets reads Secrets, past any cache: the operator may get them by name, but not list or watch them.
	Secrets client.Reader
	// MaxConns is the largest number of connections to one database. Defaults to postgres.PoolOptions'.
	MaxConns int32
	// Tracer is told of every statement. nil: none.
	Tracer pgx.QueryTracer
	// TenantMigrations are those of another application than the blog. Empty: the blog's.
	TenantMigrations []schema.Migration
	// MaxClockSkew is how far the Clock of the reconcilers may be from the database's before a hold or a retention goes
	// by the safer of the two. It is for tests, which set the one and not the other. Defaults to zero.
	MaxClockSkew time.Duration

	mu   sync.Mutex
	open map[types.NamespacedName]*database
}

type database struct {
	uri      string
	store    *schema.Store
	prepared bool
}

// Prepared returns the store of a Platform whose database can be used, or nil.
func (d *Databases) Prepared(platform types.NamespacedName) *schema.Store {
	d.mu.Lock()
	defer d.mu.Unlock()
	if db := d.open[platform]; db != nil && db.prepared {
		return db.store
	}
	return nil
}

// setPrepared says whether a Platform's database can be used.
func (d *Databases) setPrepared(platform types.NamespacedName, prepared bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if db := d.open[platform]; db != nil {
		db.prepared = prepared
	}
}

// connect returns the store of a Platform, with a new pool where the address or the password has changed.
func (d *Databases) connect(ctx context.Context, platform *v1alpha1.Platform) (*schema.Store, error) {
	uri, err := DatabaseURI(ctx, d.Secrets, platform)
	if err != nil {
		return nil, err
	}
	key := client.ObjectKeyFromObject(platform)
	d.mu.Lock()
	defer d.mu.Unlock()
	if db := d.open[key]; db != nil && db.uri == uri {
		return db.store, nil
	}
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{MaxConns: d.MaxConns, ApplicationName: "echoblogs-operator", Tracer: d.Tracer})
	if err != nil {
		return nil, invalidSecret(platform, err.Error())
	}
	store, err := schema.NewStore(pool, platform.Spec.Database.Engine == v1alpha1.Citus)
	if err != nil {
		pool.Close()
		return nil, err
	}
	if d.TenantMigrations != nil {
		store = store.WithTenantMigrations(d.TenantMigrations)
	}
	store = store.WithMaxSkew(d.MaxClockSkew)
	d.closeLocked(key)
	if d.open == nil {
		d.open = map[types.NamespacedName]*database{}
	}
	d.open[key] = &database{uri: uri, store: store}
	return store, nil
}

// close ends the connections of a Platform that is gone.
func (d *Databases) close(platform types.NamespacedName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closeLocked(platform)
}

// Close ends all connections and waits for statements that are under way.
func (d *Databases) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, db := range d.open {
		db.store.Pool().Close()
	}
	d.open = nil
}

// closeLocked does not wait for transactions under way: their connections are closed when they end.
func (d *Databases) closeLocked(key types.NamespacedName) {
	if db := d.open[key]; db != nil {
		go db.store.Pool().Close()
		delete(d.open, key)
	}
}

// Pools returns the open pools by the namespace and name of their Platforms.
func (d *Databases) Pools() map[string]*pgxpool.Pool {
	d.mu.Lock()
	defer d.mu.Unlock()
	pools := make(map[string]*pgxpool.Pool, len(d.open))
	for key, db := range d.open {
		pools[key.String()] = db.store.Pool()
	}
	return pools
}

// DatabaseURI reads the address of a Platform's database from its Secret: the key "uri", or the keys that CloudNativePG
// writes. The address holds the password.
func DatabaseURI(ctx context.Context, secrets client.Reader, platform *v1alpha1.Platform) (string, error) {
	var secret corev1.Secret
	key := types.NamespacedName{Namespace: platform.Namespace, Name: platform.Spec.Database.SecretRef.Name}
	if err := secrets.Get(ctx, key, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return "", invalidSecret(platform, "it does not exist")
		}
		return "", fmt.Errorf("read Secret %s: %w", key, err)
	}
	if uri := secret.Data["uri"]; len(uri) > 0 {
		return string(uri), nil
	}
	host, user := string(secret.Data["host"]), string(secret.Data["user"])
	if user == "" {
		user = string(secret.Data["username"])
	}
	if host == "" || user == "" || len(secret.Data["dbname"]) == 0 {
		return "", invalidSecret(platform, `it needs the key "uri", or the keys host, port, dbname, user and password`)
	}
	port := string(secret.Data["port"])
	if port == "" {
		port = "5432"
	}
	uri := url.URL{
		Scheme: "postgres", Host: net.JoinHostPort(host, port), Path: "/" + string(secret.Data["dbname"]),
		User: url.UserPassword(user, string(secret.Data["password"])),
	}
	return uri.String(), nil
}

func invalidSecret(platform *v1alpha1.Platform, what string) error {
	return &halt{
		condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonDatabaseSecretInvalid, stalled: true,
		message:    fmt.Sprintf("The Secret %q with the address of the database cannot be used: %s.", platform.Spec.Database.SecretRef.Name, what),
		retryAfter: secretRetry,
	}
}
