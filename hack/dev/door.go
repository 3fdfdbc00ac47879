package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// door is the demo's one port. It is taken before anything is started, and says
// that the demo is starting until the router takes over.
type door struct {
	server  *http.Server
	handler atomic.Pointer[http.Handler]
}

func openDoor(listeners []net.Listener, s state) *door {
	d := &door{}
	d.lead(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "The demo is starting. Its logs are in "+s.logs(), http.StatusServiceUnavailable)
	}))
	d.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			(*d.handler.Load()).ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	for _, listener := range listeners {
		go d.server.Serve(listener) //nolint:errcheck // it ends when the door is closed
	}
	return d
}

// lead sends requests to a handler from now on.
func (d *door) lead(handler http.Handler) { d.handler.Store(&handler) }

// stop lets requests under way end, for a moment.
func (d *door) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := d.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("closing the port: %w", err)
	}
	return d.server.Close()
}
