package editor

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/slots"
)

const (
	// connectionsWaiting is how many statements of a blog's owner can wait for a connection.
	connectionsWaiting = 32
	// exportsAtOnce is how many exports run at the same time, one of each blog. Each takes about 5 MB of memory.
	exportsAtOnce = 16
	// maxBodies and maxAnonymousBodies are the number of bytes of forms in memory, of owners and of clients that are not
	// logged in. A replica has 256 MiB.
	maxBodies, maxAnonymousBodies = 48 << 20, 16 << 20
	// renderWait and exportWait are how long a post waits to be rendered, and an export to start.
	renderWait = 10 * time.Second
	exportWait = 10 * time.Second
)

// capacity limits how much memory and processor time owners take from readers and from each other. A stranger cannot use
// what owners need: none of it is taken before the owner is known.
type capacity struct {
	rendering, exports     *slots.Slots[int64]
	bodies, anonymousForms *site.Bytes
}

func newCapacity() *capacity {
	return &capacity{
		rendering:      slots.New[int64](slots.Limits{Total: max(1, runtime.GOMAXPROCS(0)/2), PerUser: 1, Waiting: 4}),
		exports:        slots.New[int64](slots.Limits{Total: exportsAtOnce, PerUser: 1, Waiting: 1}),
		bodies:         site.NewBytes(maxBodies),
		anonymousForms: site.NewBytes(maxAnonymousBodies),
	}
}

// acquire waits for a slot. It returns site.ErrBusy if none is granted in time.
func acquire(ctx context.Context, from *slots.Slots[int64], tenantID int64, timeout time.Duration) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	release, err = from.Acquire(ctx, tenantID)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, site.ErrBusy
	}
	return release, err
}
