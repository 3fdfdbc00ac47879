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
	// waiting are closed when what is pending has been read.
	waiting []chan struct{}
}

func newPendingReads() *pendingReads {
	return &pendingReads{wake: make(chan struct{}, 1), ids: map[int64]struct{}{}}
}

func (p *pendingReads) add(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addLocked(id)
}

// addWaiting does what add does, and returns a channel that is closed when the tenant has been read, or could not be.
func (p *pendingReads) addWaiting(id int64) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := make(chan struct{})
	p.waiting = append(p.waiting, done)
	p.addLocked(id)
	return done
}

func (p *pendingReads) addLocked(id int64) {
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

// take returns the IDs to read, whether to read all tenants instead, and a function to call then.
func (p *pendingReads) take() (ids []int64, all bool, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids, all = make([]int64, 0, len(p.ids)), p.all
	for id := range p.ids {
		ids = append(ids, id)
	}
	waiting := p.waiting
	clear(p.ids)
	p.all, p.waiting = false, nil
	return ids, all, func() {
		for _, one := range waiting {
			close(one)
		}
	}
}
