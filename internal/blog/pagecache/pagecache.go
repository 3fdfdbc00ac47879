// Package pagecache keeps values in memory, such as rendered pages, within a number of bytes that tenants share fairly.
package pagecache

import (
	"container/heap"
	"container/list"
	"sync"
	"time"
)

// overhead is about what an item takes besides its key and its value, in bytes.
const overhead = 512

// Cache keeps values of tenants, each for some time. When there is no room, the tenant that holds most loses what it has not used
// for longest: however much one tenant requests, others keep as much as fits if all held the same.
type Cache[V any] struct {
	maxBytes int
	life     time.Duration

	mu      sync.Mutex
	bytes   int
	tenants map[int64]*tenant[V]
	largest byBytes[V]
	oldest  list.List // of *item, in the order in which they were put
}

type tenant[V any] struct {
	id    int64
	bytes int
	index int // in Cache.largest
	items map[string]*item[V]
	used  list.List // of *item, the last used first
}

type item[V any] struct {
	tenant     *tenant[V]
	key        string
	value      V
	bytes      int
	putAt      time.Time
	used, aged *list.Element
}

// New returns an empty Cache that holds at most maxBytes, and each value for a life.
func New[V any](maxBytes int, life time.Duration) *Cache[V] {
	return &Cache[V]{maxBytes: maxBytes, life: life, tenants: map[int64]*tenant[V]{}}
}

// Get returns what was last put for a key of a tenant, if that is still kept.
func (c *Cache[V]) Get(tenantID int64, key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.find(tenantID, key)
	if found == nil || time.Since(found.putAt) >= c.life {
		return value, false
	}
	found.tenant.used.MoveToFront(found.used)
	return found.value, true
}

func (c *Cache[V]) find(tenantID int64, key string) *item[V] {
	if t := c.tenants[tenantID]; t != nil {
		return t.items[key]
	}
	return nil
}

// Put keeps a value of a size in bytes for a key of a tenant, unless it takes a large part of the memory.
func (c *Cache[V]) Put(tenantID int64, key string, value V, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if replaced := c.find(tenantID, key); replaced != nil {
		c.remove(replaced)
	}
	for first := c.oldest.Front(); first != nil && time.Since(itemOf[V](first).putAt) >= c.life; first = c.oldest.Front() {
		c.remove(itemOf[V](first))
	}
	size += len(key) + overhead
	if size > c.maxBytes/8 {
		return
	}
	t := c.tenants[tenantID]
	if t == nil {
		t = &tenant[V]{id: tenantID, items: map[string]*item[V]{}}
		c.tenants[tenantID] = t
		heap.Push(&c.largest, t)
	}
	added := &item[V]{tenant: t, key: key, value: value, bytes: size, putAt: time.Now()}
	t.items[key], added.used, added.aged = added, t.used.PushFront(added), c.oldest.PushBack(added)
	c.grow(t, size)
	for c.bytes > c.maxBytes {
		c.remove(itemOf[V](c.largest[0].used.Back()))
	}
}

func (c *Cache[V]) remove(removed *item[V]) {
	t := removed.tenant
	delete(t.items, removed.key)
	t.used.Remove(removed.used)
	c.oldest.Remove(removed.aged)
	c.grow(t, -removed.bytes)
	if len(t.items) == 0 {
		heap.Remove(&c.largest, t.index)
		delete(c.tenants, t.id)
	}
}

func (c *Cache[V]) grow(t *tenant[V], bytes int) {
	t.bytes += bytes
	c.bytes += bytes
	heap.Fix(&c.largest, t.index)
}

// Bytes returns about how many bytes are held.
func (c *Cache[V]) Bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

func itemOf[V any](e *list.Element) *item[V] { return e.Value.(*item[V]) }

// byBytes is a heap of tenants, with the one that holds most at the front.
type byBytes[V any] []*tenant[V]

func (h byBytes[V]) Len() int           { return len(h) }
func (h byBytes[V]) Less(i, j int) bool { return h[i].bytes > h[j].bytes }

func (h byBytes[V]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *byBytes[V]) Push(t any) {
	added := t.(*tenant[V])
	added.index = len(*h)
	*h = append(*h, added)
}

// Pop implements heap.Interface.
func (h *byBytes[V]) Pop() any {
	last := len(*h) - 1
	removed := (*h)[last]
	(*h)[last], *h = nil, (*h)[:last]
	return removed
}
