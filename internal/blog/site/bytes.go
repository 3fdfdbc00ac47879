package site

import (
	"sync"

	"github.com/echoblogs/echoblogs/internal/slots"
)

// ErrBusy says that a tenant holds, or waits for, as much as it may.
var ErrBusy = slots.ErrBusy

// Bytes bound the memory that requests hold while clients send or receive, and share it fairly: a tenant may hold as much
// as is free. A single tenant gets half, and however many tenants hold all that they may, as much as each of them holds is
// left for others (the dynamic thresholds of Choudhury and Hahne, IEEE/ACM Transactions on Networking 6:2, 1998).
type Bytes struct {
	mu      sync.Mutex
	free    int64
	tenants map[int64]int64 // what each tenant holds, by its ID
}

// NewBytes returns a number of free bytes.
func NewBytes(total int64) *Bytes { return &Bytes{free: total, tenants: map[int64]int64{}} }

// Reserve reserves n bytes for a tenant. It returns ErrBusy if the tenant holds too much already.
func (b *Bytes) Reserve(tenantID, n int64) (release func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenants[tenantID]+n > b.free {
		return nil, ErrBusy
	}
	b.free -= n
	b.tenants[tenantID] += n
	return func() { b.release(tenantID, n) }, nil
}

func (b *Bytes) release(tenantID, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	if b.tenants[tenantID] -= n; b.tenants[tenantID] == 0 {
		delete(b.tenants, tenantID)
	}
}
