package reader

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
)

const (
	// frameLife is how long a frame is shown without reading it again, which would take longer than the posts of a list. The owner's
	// is always read.
	frameLife = 500 * time.Millisecond
	// maxRecent is how many blogs a replica remembers. Each takes a slot by its ID, and replaces the one before it.
	maxRecent = 4096
	// maxFrame is the size of the texts of a frame, in bytes, that are remembered: all slots have 32 MiB at most.
	maxFrame = 8 << 10
)

// frame is what every page of a blog shows: its settings, and the pages in its navigation. It is immutable, since requests share it.
type frame struct {
	settings settings.Stored
	pages    []post.PageLink
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

// recent is what was last read of a blog, apart from its posts. It is immutable.
type recent struct {
	tenantID int64
	shape    shape
	// frame was read at the time readAt, and has the pages that readers saw at the time now. nil: it is too large.
	frame       *frame
	now, readAt time.Time
}

// shape is what the statement of a list depends on of the settings, which are read with it.
type shape struct {
	// pageSize is how many posts a page of the list has.
	pageSize int
	// excerpts says that the feed has excerpts instead of whole posts.
	excerpts bool
}

func shapeOf(set *settings.Settings) shape { return shape{set.PageSize(), set.ExcerptsInFeed} }

// memory is what a replica remembers of the blogs that it has served.
type memory [maxRecent]atomic.Pointer[recent]

func (m *memory) slot(tenantID int64) *atomic.Pointer[recent] { return &m[uint64(tenantID)%maxRecent] }

// of returns what was last read of a blog.
func (m *memory) of(tenantID int64) *recent {
	if last := m.slot(tenantID).Load(); last != nil && last.tenantID == tenantID {
		return last
	}
	return &recent{tenantID: tenantID, shape: shapeOf(&settings.Settings{})}
}

// at returns the frame, if it can be shown at the time now.
func (l *recent) at(now time.Time) (f frame, ok bool) {
	age := now.Sub(l.now) // by the clock of posts, which a test sets
	if l.frame == nil || time.Since(l.readAt) >= frameLife || age < 0 || age >= frameLife {
		return frame{}, false
	}
	return *l.frame, true
}

// remember keeps what a request has read of its blog. err is its error.
func (m *memory) remember(r *request, err error) {
	if r.remembered || err != nil && !errors.Is(err, post.ErrNotFound) {
		return
	}
	last := &recent{tenantID: r.tenant.ID, shape: shapeOf(&r.settings.Settings)}
	if r.frame.size() <= maxFrame {
		read := r.frame
		last.frame, last.now, last.readAt = &read, r.now, time.Now()
	}
	m.slot(r.tenant.ID).Store(last)
}

// withShape calls read with the shape that the settings of the blog had the last time, and again if those that were read with it
// differ: a list is always by the settings, and rarely read twice.
func (rd *Reader) withShape(r *request, read func(shape) error) error {
	assumed := rd.memory.of(r.tenant.ID).shape
	if err := read(assumed); err != nil {
		return err
	}
	if actual := shapeOf(&r.settings.Settings); actual != assumed {
		return read(actual)
	}
	return nil
}
