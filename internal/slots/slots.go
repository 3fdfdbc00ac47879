// Package slots bounds how much of something runs at the same time, and shares it fairly between those who ask for it.
package slots

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrBusy says that as many requests wait for a slot as may.
var ErrBusy = errors.New("too many requests wait")

// Slots bound how much of something runs at the same time, and share it fairly: a user, such as a tenant or a network, has at
// most PerUser slots, and users that wait get free slots in turn, however much each of them asks for.
type Slots[User comparable] struct {
	limits Limits

	mu    sync.Mutex
	free  int
	users map[User]*queue // those that have slots or wait
	ready []*queue        // users that wait and have less than PerUser slots, in the order of their turns
	// waiting is how many requests of all users wait.
	waiting int
}

// Limits configure Slots.
type Limits struct {
	// Total is the number of slots, PerUser how many of them a user can have, and Waiting how many requests of a user can
	// wait for one.
	Total, PerUser, Waiting int
	// WaitingInAll is how many requests of all users can wait. 0: no limit.
	WaitingInAll int
}

// queue is a user that has slots or waits for them.
type queue struct {
	used    int
	waiting []chan struct{} // closed when the slot is granted; the longest wait first
	ready   bool            // it is in Slots.ready
}

// New returns free slots.
func New[User comparable](limits Limits) *Slots[User] {
	return &Slots[User]{limits: limits, free: limits.Total, users: map[User]*queue{}}
}

// Acquire waits for a slot until ctx ends. It returns ErrBusy at once if too many requests of the user, or of all, wait.
func (s *Slots[User]) Acquire(ctx context.Context, user User) (release func(), err error) {
	if err := ctx.Err(); err != nil { // nobody waits for the work
		return nil, fmt.Errorf("wait for a slot: %w", err)
	}
	release = func() { s.release(user) }
	granted, err := s.request(user)
	if err != nil || granted == nil {
		return release, err
	}
	select {
	case <-granted:
		return release, nil
	case <-ctx.Done():
		if !s.cancel(user, granted) {
			s.release(user) // it was granted meanwhile
		}
		return nil, fmt.Errorf("wait for a slot: %w", ctx.Err())
	}
}

// request takes a free slot, and returns nil, or else joins the user's queue.
func (s *Slots[User]) request(user User) (chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.users[user]
	if q == nil {
		q = &queue{}
		s.users[user] = q
	}
	// If a slot is free, no other user waits for it.
	if s.free > 0 && q.used < s.limits.PerUser {
		s.free--
		q.used++
		return nil, nil
	}
	if len(q.waiting) >= s.limits.Waiting || s.limits.WaitingInAll > 0 && s.waiting >= s.limits.WaitingInAll {
		s.forget(user, q)
		return nil, ErrBusy
	}
	granted := make(chan struct{})
	q.waiting = append(q.waiting, granted)
	s.waiting++
	s.enqueue(q)
	return granted, nil
}

// cancel leaves the queue. It returns false if the slot has been granted.
func (s *Slots[User]) cancel(user User, granted chan struct{}) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.users[user]
	if q == nil {
		return false
	}
	i := slices.Index(q.waiting, granted)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	s.waiting--
	s.forget(user, q)
	return true
}

func (s *Slots[User]) release(user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.users[user]
	q.used--
	s.free++
	s.enqueue(q)
	for s.free > 0 && len(s.ready) > 0 {
		next := s.ready[0]
		s.ready = s.ready[1:]
		next.ready = false
		if len(next.waiting) == 0 {
			continue // its requests were canceled
		}
		close(next.waiting[0])
		next.waiting = next.waiting[1:]
		s.waiting--
		next.used++
		s.free--
		s.enqueue(next)
	}
	s.forget(user, q)
}

// enqueue gives a user a turn if it waits and may have another slot.
func (s *Slots[User]) enqueue(q *queue) {
	if !q.ready && len(q.waiting) > 0 && q.used < s.limits.PerUser {
		q.ready = true
		s.ready = append(s.ready, q)
	}
}

// forget keeps the memory independent of the number of users.
func (s *Slots[User]) forget(user User, q *queue) {
	if q.used == 0 && len(q.waiting) == 0 {
		delete(s.users, user)
	}
}
