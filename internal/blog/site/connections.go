package site

import (
	"context"
	"fmt"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/slots"
)

// Connections are database connections that tenants share fairly: the statements of one tenant never wait for those that
// another tenant has waiting.
type Connections struct {
	pool  *postgres.Pool
	slots *slots.Slots[int64]
}

const (
	// tenantShare is the part of the connections that one tenant can use. A statement takes less than a millisecond, so that one
	// connection serves a thousand pages a second; while one host was flooded, the p99 of the others rose to twice with a
	// quarter, and to 1.4 times with an eighth (make bench).
	tenantShare = 8
	// maxTenants is how many tenants a connection serves before it is closed: its backend remembers the tables of each schema, and
	// never forgets any.
	maxTenants = 1000
)

// NewConnections returns the connections of a pool, of which one tenant can use an eighth at a time, at least one. waiting is how
// many of its requests can wait for them.
func NewConnections(pool *postgres.Pool, waiting int) *Connections {
	size := int(pool.Config().MaxConns)
	return &Connections{pool, slots.New[int64](slots.Limits{Total: size, PerUser: max(1, size/tenantShare), Waiting: waiting})}
}

// Use waits until ctx ends for a connection that a tenant may use, and calls work with it. It returns the error of work, and ErrBusy
// if the tenant has too many requests waiting.
func (c *Connections) Use(ctx context.Context, tenantID int64, work func(conn *postgres.Conn) error) error {
	release, err := c.slots.Acquire(ctx, tenantID)
	if err != nil {
		return err
	}
	defer release()
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquire a connection: %w", err)
	}
	defer conn.Release()
	defer countTenant(ctx, conn.Conn(), tenantID)
	return work(conn.Conn())
}

// countTenant closes a connection that has served as many tenants as it may.
func countTenant(ctx context.Context, conn *postgres.Conn, tenantID int64) {
	const key = "tenants"
	data := conn.PgConn().CustomData()
	served, _ := data[key].(map[int64]struct{})
	if served == nil {
		served = map[int64]struct{}{}
		data[key] = served
	}
	if served[tenantID] = struct{}{}; len(served) >= maxTenants {
		_ = conn.Close(ctx) // the pool replaces it
	}
}
