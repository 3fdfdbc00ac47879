package lookups

import (
	"container/heap"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// The lanes of a queue.
const (
	quick = iota
	slow
)

// tenant is a Tenant with hosts.
type tenant struct {
	key   types.NamespacedName
	hosts map[string]*host
	// busy says that a lookup is in progress, and freeAt when the last one ended.
	busy   bool
	freeAt time.Time
	// lane is slow if the last lookup was slow or without an answer.
	lane int
	// next is when the next lookup is due, and index the position in the queue, plus one. 0: in none.
	next  time.Time
	index int
}

// host is a host and what is known of its record.
type host struct {
	Host
	// since is when the host was added.
	since time.Time
	// answer is the last answer that was not silence.
	answer Answer
	// lookedUpAt is the time of the last lookup, and failures counts those since the record was present.
	lookedUpAt time.Time
	failures   int
}

// correct forgets times that lie in the future, because the clock was ahead: what is due a while after them would wait for
// as long.
func (t *tenant) correct(now time.Time) {
	if t.freeAt.After(now) {
		t.freeAt = now
	}
	for _, h := range t.hosts {
		if h.since.After(now) {
			h.since = now
		}
		if h.lookedUpAt.After(now) {
			h.lookedUpAt, h.failures = time.Time{}, 0
		}
		if h.answer.At.After(now) {
			h.answer = Answer{}
		}
	}
}

// first returns the host that is to be looked up next.
func (t *tenant) first() *host {
	var first *host
	for _, h := range t.hosts {
		if first == nil || h.due().Before(first.due()) || h.due().Equal(first.due()) && h.Name < first.Name {
			first = h
		}
	}
	return first
}

// queue is a heap of Tenants by the time of their next lookup.
type queue []*tenant

func (q *queue) add(t *tenant) { heap.Push(q, t) }

func (q *queue) remove(t *tenant) {
	if i := t.index - 1; i >= 0 && i < len(*q) && (*q)[i] == t {
		heap.Remove(q, i)
	}
}

// Len implements heap.Interface.
func (q *queue) Len() int { return len(*q) }

// Less implements heap.Interface.
func (q *queue) Less(i, j int) bool { return (*q)[i].next.Before((*q)[j].next) }

// Swap implements heap.Interface.
func (q *queue) Swap(i, j int) {
	tenants := *q
	tenants[i], tenants[j] = tenants[j], tenants[i]
	tenants[i].index, tenants[j].index = i+1, j+1
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	t := x.(*tenant)
	*q = append(*q, t)
	t.index = len(*q)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = nil
	*q, t.index = (*q)[:last], 0
	return t
}
