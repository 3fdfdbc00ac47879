package directory

import "sync"

// maxPending bounds the IDs that wait to be read. Beyond it, all tenants are read.
const maxPending = 10_000

// pendingReads collects the tenants that notifications name while the registry is being read, so that one read serves
// many notifications.
type pendingReads struct {
	// wake has a value when there is something to take.
	wake chan struct{}

	mu  sync.Mutex
	ids map[int64]struct{}
	all bool
}

func newPendingReads() *pendingReads {
	return &pendingReads{wake: make(chan struct{}, 1), ids: map[int64]struct{}{}}
}

func (p *pendingReads) add(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids[id] = struct{}{}
	if len(p.ids) > maxPending {
		p.all = true
	}
	p.signal()
}

func (p *pendingReads) addAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = true
	p.signal()
}

func (p *pendingReads) signal() {
	select {
	case p.wake <- struct{}{}:
	default: // a value is waiting already
	}
}

// take returns the IDs to read, and whether to read all tenants instead.
func (p *pendingReads) take() (ids []int64, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids, all = make([]int64, 0, len(p.ids)), p.all
	for id := range p.ids {
		ids = append(ids, id)
	}
	clear(p.ids)
	p.all = false
	return ids, all
}
