package editor

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

const (
	// formsPerTenant is how many forms of a blog are processed at the same time. An owner's browser sends one. Each can
	// take a megabyte of memory, and hold a connection while the blog's table is locked.
	formsPerTenant = 2
	// exportsAtOnce is how many exports run at the same time, for all blogs.
	exportsAtOnce = 4
	// renderWait and exportWait are how long a post waits to be rendered, and an export to start.
	renderWait = 10 * time.Second
	exportWait = 10 * time.Second
)

// capacity limits how much memory and processor time owners take from readers.
type capacity struct {
	rendering chan struct{} // has a value for each post that is being rendered
	exports   chan struct{} // has a value for each running export

	mu    sync.Mutex
	forms map[int64]int // forms that are being processed, by the ID of the tenant
}

func newCapacity() *capacity {
	return &capacity{
		// A long post takes a processor for a second, and about fifty times its size in memory.
		rendering: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		exports:   make(chan struct{}, exportsAtOnce),
		forms:     map[int64]int{},
	}
}

// acquireForm reserves capacity to process a form of a tenant. ok is false if too many are being processed.
func (c *capacity) acquireForm(tenantID int64) (release func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forms[tenantID] >= formsPerTenant {
		return nil, false
	}
	c.forms[tenantID]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.forms[tenantID]--; c.forms[tenantID] == 0 {
			delete(c.forms, tenantID)
		}
	}, true
}

// acquireExport waits until an export can start.
func (c *capacity) acquireExport(ctx context.Context) (release func(), err error) {
	return acquire(ctx, c.exports, exportWait)
}

// render waits for capacity, and renders Markdown.
func (c *capacity) render(ctx context.Context, markdown string) (render.Result, error) {
	release, err := acquire(ctx, c.rendering, renderWait)
	if err != nil {
		return render.Result{}, err
	}
	defer release()
	return render.Markdown(markdown), nil
}

func acquire(ctx context.Context, slots chan struct{}, timeout time.Duration) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for capacity: %w", ctx.Err())
	}
}
