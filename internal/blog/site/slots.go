package site

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrBusy says that a tenant has as many requests waiting for a slot as it may.
var ErrBusy = errors.New("the blog has too many requests that wait")

// Slots bound how much of something runs at the same time, and share it fairly: a tenant has at most PerTenant slots, and
// tenants that wait get free slots in turn, however much each of them asks for.
type Slots struct {
	limits SlotLimits

	mu      sync.Mutex
	free    int
	tenants map[int64]*slotQueue // by ID, those that have slots or wait
	ready   []*slotQueue         // tenants that wait and have less than PerTenant slots, in the order of their turns
}

// SlotLimits configure Slots.
type SlotLimits struct {
	// Total is the number of slots, PerTenant how many of them a tenant can have, and Waiting how many requests of a tenant
	// can wait for one.
	Total, PerTenant, Waiting int
}

// slotQueue is a tenant that has slots or waits for them.
type slotQueue struct {
	used    int
	waiting []chan struct{} // closed when the slot is granted; the longest wait first
	ready   bool            // it is in Slots.ready
}

// NewSlots returns free slots.
func NewSlots(limits SlotLimits) *Slots {
	return &Slots{limits: limits, free: limits.Total, tenants: map[int64]*slotQueue{}}
}

// Acquire waits for a slot until ctx ends. It returns ErrBusy at once if the tenant has too many requests waiting.
func (s *Slots) Acquire(ctx context.Context, tenantID int64) (release func(), err error) {
	release = func() { s.release(tenantID) }
	granted, err := s.request(tenantID)
	if err != nil || granted == nil {
		return release, err
	}
	select {
	case <-granted:
		return release, nil
	case <-ctx.Done():
		if !s.cancel(tenantID, granted) {
			s.release(tenantID) // it was granted meanwhile
		}
		return nil, fmt.Errorf("wait for a slot: %w", ctx.Err())
	}
}

// request takes a free slot, and returns nil, or else joins the tenant's queue.
func (s *Slots) request(tenantID int64) (chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.tenants[tenantID]
	if queue == nil {
		queue = &slotQueue{}
		s.tenants[tenantID] = queue
	}
	// If a slot is free, no other tenant waits for it.
	if s.free > 0 && queue.used < s.limits.PerTenant {
		s.free--
		queue.used++
		return nil, nil
	}
	if len(queue.waiting) >= s.limits.Waiting {
		return nil, ErrBusy
	}
	granted := make(chan struct{})
	queue.waiting = append(queue.waiting, granted)
	s.enqueue(queue)
	return granted, nil
}

// cancel leaves the queue. It returns false if the slot has been granted.
func (s *Slots) cancel(tenantID int64, granted chan struct{}) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.tenants[tenantID]
	if queue == nil {
		return false
	}
	i := slices.Index(queue.waiting, granted)
	if i < 0 {
		return false
	}
	queue.waiting = slices.Delete(queue.waiting, i, i+1)
	s.forget(tenantID, queue)
	return true
}

func (s *Slots) release(tenantID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.tenants[tenantID]
	queue.used--
	s.free++
	s.enqueue(queue)
	for s.free > 0 && len(s.ready) > 0 {
		next := s.ready[0]
		s.ready = s.ready[1:]
		next.ready = false
		if len(next.waiting) == 0 {
			continue // its requests were canceled
		}
		close(next.waiting[0])
		next.waiting = next.waiting[1:]
		next.used++
		s.free--
		s.enqueue(next)
	}
	s.forget(tenantID, queue)
}

// enqueue gives a tenant a turn if it waits and may have another slot.
func (s *Slots) enqueue(queue *slotQueue) {
	if !queue.ready && len(queue.waiting) > 0 && queue.used < s.limits.PerTenant {
		queue.ready = true
		s.ready = append(s.ready, queue)
	}
}

// forget keeps the memory independent of the number of tenants.
func (s *Slots) forget(tenantID int64, queue *slotQueue) {
	if queue.used == 0 && len(queue.waiting) == 0 {
		delete(s.tenants, tenantID)
	}
}
