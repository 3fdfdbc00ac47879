package reader

import (
	"errors"
	"sync/atomic"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
)

// maxRecent is how many blogs a replica remembers. Each takes a slot by its ID, and replaces the one before it.
const maxRecent = 4096

// recent is what was last read of the settings of a blog, right or not by now. It is immutable.
type recent struct {
	tenantID int64
	shape    shape
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

// remember keeps what a request has read of the settings. err is its error.
func (m *memory) remember(r *request, err error) {
	if r.recalled || err != nil && !errors.Is(err, post.ErrNotFound) {
		return
	}
	m.slot(r.tenant.ID).Store(&recent{tenantID: r.tenant.ID, shape: shapeOf(&r.settings.Settings)})
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
