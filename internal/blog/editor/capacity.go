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
	// uploadsAtOnce is how many files are received at the same time, uploadsOfTenant of one blog, and uploadMemory what each takes,
	// in bytes, until its pictures are prepared.
	uploadsAtOnce, uploadsOfTenant, uploadMemory = 16, 2, 1 << 20
	// exportsAtOnce is how many exports run at the same time, one of each blog, and exportMemory what each takes, in bytes.
	exportsAtOnce, exportMemory = 16, 5 << 20
	// renderMemory is what the rendering of a long post takes, in bytes: one of 1 MB allocates 68 MB.
	renderMemory = 64 << 20
	// maxBodies and maxAnonymousBodies are the number of bytes of forms in memory, of owners and of clients that are not
	// logged in.
	maxBodies, maxAnonymousBodies = 48 << 20, 16 << 20
	// renderWait and exportWait are how long a post waits to be rendered, and an export to start.
	renderWait = 10 * time.Second
	exportWait = 10 * time.Second
	// uploadWait is how long a file waits for others of the blog.
	uploadWait = 30 * time.Second
)

// capacity limits how much memory and processor time owners take from readers and from each other. A stranger cannot use
// what owners need: none of it is taken before the owner is known. All follow the container's limit of memory, not the number
// of processors of its node.
type capacity struct {
	rendering, exports, uploads *slots.Slots[int64]
	bodies, anonymousForms      *site.Bytes
}

func newCapacity() *capacity {
	renders := min(int64(runtime.GOMAXPROCS(0)/2), slots.MemoryShare(4)/renderMemory)
	exports := min(exportsAtOnce, slots.MemoryShare(5)/exportMemory)
	uploads := min(uploadsAtOnce, slots.MemoryShare(16)/uploadMemory)
	return &capacity{
		rendering:      slots.New[int64](slots.Limits{Total: int(max(1, renders)), PerUser: 1, Waiting: 4}),
		exports:        slots.New[int64](slots.Limits{Total: int(max(1, exports)), PerUser: 1, Waiting: 1}),
		uploads:        slots.New[int64](slots.Limits{Total: int(max(1, uploads)), PerUser: uploadsOfTenant, Waiting: 4}),
		bodies:         site.NewBytes(min(maxBodies, slots.MemoryShare(6))),
		anonymousForms: site.NewBytes(min(maxAnonymousBodies, slots.MemoryShare(16))),
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
