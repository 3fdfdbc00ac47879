package blog

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

const (
	// formsPerTenant bounds how many forms of one blog are taken at the same time: an owner's browser sends one, and each
	// may hold a megabyte.
	formsPerTenant = 4
	// renderWait is how long a post waits for its turn to be rendered.
	renderWait = 10 * time.Second
	// saveTimeout bounds the time to render and store a post, with the wait before both.
	saveTimeout = 20 * time.Second
)

// bounds keep what owners do from what readers need: memory and processors.
type bounds struct {
	rendering chan struct{} // holds one value for each post that is being rendered
	exports   chan struct{} // and for each export that runs

	mu    sync.Mutex
	forms map[int64]int // that are being taken, by the id of the tenant
}

func newBounds() *bounds {
	return &bounds{
		// A long post keeps a processor busy for a second, and takes some fifty times its size.
		rendering: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		exports:   make(chan struct{}, exportsAtOnce),
		forms:     map[int64]int{},
	}
}

// takeForm begins to take a form of a tenant's. false: there are too many already. leave ends it.
func (b *bounds) takeForm(tenantID int64) (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forms[tenantID] >= formsPerTenant {
		return nil, false
	}
	b.forms[tenantID]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.forms[tenantID]--; b.forms[tenantID] == 0 {
			delete(b.forms, tenantID)
		}
	}, true
}

// render renders Markdown, once few enough others do so.
func (b *bounds) render(ctx context.Context, markdown string) (render.Result, error) {
	leave, err := wait(ctx, b.rendering, renderWait)
	if err != nil {
		return render.Result{}, err
	}
	defer leave()
	return render.Markdown(markdown), nil
}

// wait waits for a turn, which leave ends.
func wait(ctx context.Context, turns chan struct{}, atMost time.Duration) (leave func(), err error) {
	waiting, stop := context.WithTimeout(ctx, atMost)
	defer stop()
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	case <-waiting.Done():
		return nil, fmt.Errorf("wait for a turn: %w", waiting.Err())
	}
}
