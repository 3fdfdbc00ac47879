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

// frontend serves the demo's one port. It is opened before anything is started,
// and answers that the demo is starting until the router takes over.
type frontend struct {
	server  *http.Server
	handler atomic.Pointer[http.Handler]
}

func startFrontend(listeners []net.Listener, s state) *frontend {
	f := &frontend{}
	f.setHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "The demo is starting. Its logs are in "+s.logs(), http.StatusServiceUnavailable)
	}))
	f.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			(*f.handler.Load()).ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	for _, listener := range listeners {
		go f.server.Serve(listener) //nolint:errcheck // it always ends with ErrServerClosed
	}
	return f
}

// setHandler replaces the handler of all further requests.
func (f *frontend) setHandler(handler http.Handler) { f.handler.Store(&handler) }

// stop gives active requests two seconds to finish.
func (f *frontend) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := f.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down the frontend: %w", err)
	}
	return f.server.Close()
}
