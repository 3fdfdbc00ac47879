package reader

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/blog/pagecache"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

const (
	// keptLife is how long something is kept that seems to be right: what is changed by other means than the stores of content, as by a
	// restored backup or by the former version of the program during an upgrade, shows by then.
	keptLife = 15 * time.Second
	// maxLag is for how long the directory can have missed that a content has changed. Changes are read every two seconds, whether they
	// are notified or not: each shows within five.
	maxLag = 4500 * time.Millisecond
	// maxKey is how long the path and the query of an answer that is kept can be.
	maxKey = 1 << 10
	// frameKey is the key of the frame of a blog. No path is empty.
	frameKey = ""
)

// frame is what every page of a blog shows: its settings, and the pages in its navigation. It is immutable, since requests share it.
type frame struct {
	settings settings.Stored
	pages    []post.PageLink
	// next is when the next scheduled post or page appears. The zero time: none is scheduled.
	next time.Time
}

// size returns about how many bytes the texts of a frame have.
func (f *frame) size() int {
	set := &f.settings
	size := len(set.AboutHTML) + len(set.About) + len(set.FooterHTML) + len(set.Footer) + len(set.Tagline)
	for _, l := range set.Navigation {
		size += len(l.Label) + len(l.Address)
	}
	for _, address := range set.RelMe {
		size += len(address)
	}
	for _, p := range f.pages {
		size += len(p.Slug) + len(p.Title) + len(p.Summary)
	}
	return size
}

// kept is what a replica keeps of a blog: its frame, or an answer.
type kept struct {
	// tenant is the tenant as it was before the content was read. Every change of either makes another one.
	tenant *directory.Tenant
	// from is the time by which the content was read, and until when something else appears. The zero time: nothing is scheduled.
	from, until time.Time

	frame  *frame
	answer *answer
}

// keeper keeps what is right of the blogs that a replica serves.
type keeper struct {
	cache        *pagecache.Cache[kept]
	directory    *directory.Directory
	hits, misses atomic.Int64
}

// get returns what is kept for a key, if it is right at the time of the request.
func (k *keeper) get(r *request, key string) (kept, bool) {
	found, ok := k.cache.Get(r.tenant.ID, key)
	if !ok || found.tenant != r.tenant || r.now.Before(found.from) || !found.until.IsZero() && !r.now.Before(found.until) {
		return kept{}, false
	}
	if lag, known := k.directory.Lag(); !known || lag >= maxLag {
		return kept{}, false
	}
	return found, true
}

// answer returns the answer to a request, or nil.
func (k *keeper) answer(r *request) *answer {
	if r.key == "" {
		return nil
	}
	found, _ := k.get(r, r.key)
	return found.answer
}

// keepAnswer keeps the answer to a request, which nobody changes any more.
func (k *keeper) keepAnswer(r *request, a *answer) {
	if r.key != "" {
		k.misses.Add(1)
		k.cache.Put(r.tenant.ID, r.key, kept{tenant: r.tenant, from: r.now, until: r.until(), answer: a}, len(a.body))
	}
}

// until returns when something else appears on pages of the blog: the next scheduled post or page, or in a stream, which says "Today",
// the next day. The zero time: nothing does.
func (r *request) until() time.Time {
	if r.theme().Index != theme.Stream {
		return r.next
	}
	year, month, day := r.now.In(r.zone()).Date()
	tomorrow := time.Date(year, month, day+1, 0, 0, 0, 0, r.zone())
	if r.next.IsZero() || tomorrow.Before(r.next) {
		return tomorrow
	}
	return r.next
}

// recall sets the frame of a request, and reports whether it is kept.
func (k *keeper) recall(r *request) bool {
	found, ok := k.get(r, frameKey)
	if ok {
		r.frame, r.recalled = *found.frame, true
	}
	return ok
}

// keepFrame keeps the frame that a request has read. err is the error of the request.
func (k *keeper) keepFrame(r *request, err error) {
	if r.recalled || r.previewing || err != nil && !errors.Is(err, post.ErrNotFound) {
		return
	}
	read := r.frame
	k.cache.Put(r.tenant.ID, frameKey, kept{tenant: r.tenant, from: r.now, until: read.next, frame: &read}, read.size())
}

// Collectors returns the metrics of what is kept.
func (rd *Reader) Collectors() []prometheus.Collector {
	count := func(result string, n *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "echoblogs_blog_page_cache_requests_total", Help: "Requests for pages that are kept in memory, by whether they were.",
			ConstLabels: prometheus.Labels{"result": result},
		}, func() float64 { return float64(n.Load()) })
	}
	return []prometheus.Collector{
		count("hit", &rd.keeper.hits), count("miss", &rd.keeper.misses),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "echoblogs_blog_page_cache_bytes", Help: "Memory of the pages that are kept, in bytes.",
		}, func() float64 { return float64(rd.keeper.cache.Bytes()) }),
	}
}
