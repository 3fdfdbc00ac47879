package reader

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
)

const (
	// navigationLife is how long the pages in the navigation are shown without reading them again, which would take half as long
	// as the posts of a list. The owner's are always read.
	navigationLife = 500 * time.Millisecond
	// maxRecent is how many blogs a replica remembers. Each takes a slot by its ID, and replaces the one before it.
	maxRecent = 4096
)

// recent is what was last read of a blog, apart from its posts. It is immutable.
type recent struct {
	tenantID int64
	shape    shape
	// pages were read at the time readAt, and are those that readers saw at the time now.
	pages       []post.PageLink
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
func (m *memory) of(tenantID int64) recent {
	if last := m.slot(tenantID).Load(); last != nil && last.tenantID == tenantID {
		return *last
	}
	return recent{tenantID: tenantID, shape: shapeOf(&settings.Settings{})}
}

// hasNavigation reports whether the pages can be shown at the time now.
func (l *recent) hasNavigation(now time.Time) bool {
	age := now.Sub(l.now) // by the clock of posts, which a test sets
	return time.Since(l.readAt) < navigationLife && age >= 0 && age < navigationLife
}

// remember keeps what a request has read of its blog. err is its error.
func (m *memory) remember(r *request, err error) {
	if err != nil && !errors.Is(err, post.ErrNotFound) {
		return
	}
	last := m.of(r.tenant.ID)
	actual := shapeOf(&r.settings.Settings)
	if actual == last.shape && !r.pagesRead {
		return
	}
	if last.shape = actual; r.pagesRead {
		last.pages, last.now, last.readAt = r.pages, r.now, time.Now()
	}
	m.slot(r.tenant.ID).Store(&last)
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
