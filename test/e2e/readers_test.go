//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// pace is the time between two requests of a reader.
const pace = 20 * time.Millisecond

// readers read blogs until they are stopped.
type readers struct {
	p        *product
	stop     context.CancelFunc
	reading  sync.WaitGroup
	mu       sync.Mutex
	requests int
	failures []string
}

// readThroughout starts a reader of each blog.
func (p *product) readThroughout(names ...string) *readers {
	ctx, cancel := context.WithCancel(p.t.Context())
	r := &readers{p: p, stop: cancel}
	p.t.Cleanup(cancel)
	for _, name := range names {
		r.reading.Go(func() {
			client, address := p.client(), fmt.Sprintf("http://%s.%s/", name, domain)
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for ctx.Err() == nil {
				<-tick.C
				status, text, err := get(p.t.Context(), client, address)
				r.add(address, status, text, err)
			}
		})
	}
	return r
}

func (r *readers) add(address string, status int, text string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if err != nil || status != http.StatusOK {
		r.failures = append(r.failures, fmt.Sprintf("%s answers %d, %v: %.200s", address, status, err, text))
	}
}

// wantNone ends the readers, and fails the test if a request has failed.
func (r *readers) wantNone(during string) {
	r.p.t.Helper()
	r.stop()
	r.reading.Wait()
	r.p.t.Logf("%d requests %s, %d failed", r.requests, during, len(r.failures))
	if len(r.failures) > 0 || r.requests == 0 {
		r.p.t.Errorf("%d of %d requests %s failed, the first: %v", len(r.failures), r.requests, during, r.failures[:min(3, len(r.failures))])
	}
}
