package pagecache_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/pagecache"
)

const (
	page = 10_000
	// room is that of about 100 pages.
	room = 100 * (page + 600)
)

func put(c *pagecache.Cache[int], tenant int64, pages int) {
	for i := range pages {
		c.Put(tenant, fmt.Sprintf("/%d/", i), i, page)
	}
}

// has returns how many of a tenant's pages are kept.
func has(c *pagecache.Cache[int], tenant int64, pages int) (kept int) {
	for i := range pages {
		if value, ok := c.Get(tenant, fmt.Sprintf("/%d/", i)); ok && value == i {
			kept++
		}
	}
	return kept
}

// A tenant of which thousands of addresses are requested loses its own pages, and none of others.
func TestOneTenantTakesNoRoomOfOthers(t *testing.T) {
	t.Parallel()
	c := pagecache.New[int](room, time.Hour)
	for tenant := range int64(10) {
		put(c, 1+tenant, 5)
	}
	put(c, 99, 3000)
	for tenant := range int64(10) {
		if kept := has(c, 1+tenant, 5); kept != 5 {
			t.Errorf("tenant %d has %d of 5 pages", 1+tenant, kept)
		}
	}
	if kept := has(c, 99, 3000); kept < 40 || kept > 50 {
		t.Errorf("the tenant has %d pages, want what others leave", kept)
	}
	// A tenant that comes later gets its share of what the largest one has.
	put(c, 50, 20)
	if kept := has(c, 50, 20); kept != 20 {
		t.Errorf("a tenant that comes later has %d of 20 pages", kept)
	}
	if c.Bytes() > room {
		t.Errorf("%d bytes are held, of %d", c.Bytes(), room)
	}
}

// The pages that a tenant shows most stay, whatever else is requested of it.
func TestUsedPagesStay(t *testing.T) {
	t.Parallel()
	c := pagecache.New[int](room, time.Hour)
	c.Put(1, "/", 7, page)
	for i := range 1000 {
		c.Put(1, fmt.Sprintf("/?q=%d", i), i, page)
		if value, ok := c.Get(1, "/"); !ok || value != 7 {
			t.Fatalf("after %d other pages, the first page is gone", i+1)
		}
	}
}

func TestReplacedAndLargeValues(t *testing.T) {
	t.Parallel()
	c := pagecache.New[int](room, time.Hour)
	for i := range 1000 {
		c.Put(1, "/", i, page)
	}
	if value, _ := c.Get(1, "/"); value != 999 || c.Bytes() > 2*page {
		t.Errorf("value %d, %d bytes", value, c.Bytes())
	}
	if _, ok := c.Get(2, "/"); ok {
		t.Error("another tenant has the page")
	}
	put(c, 2, 20)
	c.Put(1, "/", 5, room/2)
	if _, ok := c.Get(1, "/"); ok || has(c, 2, 20) != 20 {
		t.Error("a value that takes half of the memory is kept, or has replaced others")
	}
}

// What has lived for long enough is gone, and makes way before anything else: idle tenants hold no memory that others need.
func TestValuesEnd(t *testing.T) {
	t.Parallel()
	const life = 50 * time.Millisecond
	c := pagecache.New[int](room, life)
	put(c, 1, 50)
	ended := time.After(life)
	<-ended
	if kept := has(c, 1, 50); kept != 0 {
		t.Errorf("%d pages have outlived their time", kept)
	}
	c.Put(2, "/", 1, page)
	if c.Bytes() > 2*page {
		t.Errorf("%d bytes are held for one page", c.Bytes())
	}
}
