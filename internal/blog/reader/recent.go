package reader

import (
	"errors"
	"sync/atomic"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

// maxRecent is how many blogs a replica remembers. Each takes a slot by its ID, and replaces the one before it.
const maxRecent = 4096

// recent is what was last read of the settings of a blog, right or not by now. It is immutable.
type recent struct {
	tenantID int64
	shape    shape
	// theme and accent are those of the settings.
	theme, accent string
}

// shape is what the statement of a list depends on of the settings, which are read with it.
type shape struct {
	// pageSize is how many posts a page of the list has.
	pageSize int
	// excerpts says that the feed has excerpts instead of whole posts.
	excerpts bool
	// index is the layout of the list.
	index theme.Index
}

func shapeOf(set *settings.Settings) shape {
	return shape{set.PageSize(), set.ExcerptsInFeed, theme.Find(set.Theme).Index}
}

// parts returns what the list shows of its posts.
func (s shape) parts() post.Parts {
	switch s.index {
	case theme.Stream:
		return post.Parts{Notes: true}
	case theme.Cards, theme.Wall:
		return post.Parts{Pictures: true}
	}
	return post.Parts{}
}

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
	if r.recalled || r.previewing || err != nil && !errors.Is(err, post.ErrNotFound) {
		return
	}
	m.slot(r.tenant.ID).Store(&recent{
		tenantID: r.tenant.ID, shape: shapeOf(&r.settings.Settings), theme: r.settings.Theme, accent: r.settings.Accent,
	})
}

// withShape calls read with the shape that the settings of the blog had the last time, and again if those that were read with it
// differ: a list is always by the settings, and rarely read twice.
func (rd *Reader) withShape(r *request, read func(shape) error) error {
	assumed := rd.memory.of(r.tenant.ID).shape
	if err := read(assumed); err != nil {
		return err
	}
	r.preview()
	if actual := shapeOf(&r.settings.Settings); actual != assumed {
		return read(actual)
	}
	return nil
}

// LastTheme returns the theme and the accent of a blog, as they were last read. Empty: they have not been.
func (rd *Reader) LastTheme(t *directory.Tenant) (name, accent string) {
	last := rd.memory.of(t.ID)
	return last.theme, last.accent
}
