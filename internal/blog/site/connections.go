package site

import (
	"context"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/slots"
)

// Connections are database connections that tenants share fairly: the statements of one tenant never wait for those that
// another tenant has waiting.
type Connections struct {
	db    postgres.Beginner
	slots *slots.Slots[int64]
}

// tenantShare is the part of the connections that one tenant can use. A statement takes less than a millisecond, so that one
// connection serves a thousand pages a second; while one host was flooded, the p99 of the others rose to twice with a
// quarter, and to 1.4 times with an eighth (make bench).
const tenantShare = 8

// NewConnections returns the connections of a pool of size connections, of which one tenant can use an eighth at a time, at
// least one. waiting is how many of its requests can wait for them.
func NewConnections(db postgres.Beginner, size, waiting int) *Connections {
	return &Connections{db, slots.New[int64](slots.Limits{Total: size, PerUser: max(1, size/tenantShare), Waiting: waiting})}
}

// Use waits until ctx ends for a connection that a tenant may use, and calls work, which uses no more than one. It returns
// the error of work, and ErrBusy if the tenant has too many requests waiting.
func (c *Connections) Use(ctx context.Context, tenantID int64, work func(db postgres.Beginner) error) error {
	release, err := c.slots.Acquire(ctx, tenantID)
	if err != nil {
		return err
	}
	defer release()
	return work(c.db)
}
