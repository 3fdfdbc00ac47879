package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// Slow clients are cut off: a connection each is all they would need to exhaust a server that waits.
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	// Proxies keep idle connections for 60 s at most by default; the server is to outlast them, so that none is
	// closed while a request is on its way.
	idleTimeout    = 120 * time.Second
	maxHeaderBytes = 16 << 10
	// stopTimeout is how long requests under way may take to end after the program was told to stop.
	stopTimeout = 20 * time.Second
)

// Site is a handler and the address it listens on.
type Site struct {
	// Name stands in log lines and errors.
	Name string
	// Address is host:port; an empty host means all.
	Address string
	// Handler answers.
	Handler http.Handler
}

// Serve listens for all sites until ctx ends, and lets requests under way come to their end. It returns an error when
// an address is taken or a listener fails.
func Serve(ctx context.Context, log *slog.Logger, sites ...Site) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		running sync.WaitGroup
		servers []*http.Server
		listen  net.ListenConfig
	)
	for _, site := range sites {
		listener, err := listen.Listen(ctx, "tcp", site.Address)
		if err != nil {
			cancel(fmt.Errorf("listen for the %s: %w", site.Name, err))
			break
		}
		server := newServer(site.Handler, log)
		servers = append(servers, server)
		log.LogAttrs(ctx, slog.LevelInfo, "Listening", slog.String("site", site.Name), slog.String("address", listener.Addr().String()))
		running.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve the %s: %w", site.Name, err))
			}
		})
	}
	<-ctx.Done()
	stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer stop()
	for _, server := range servers {
		if err := server.Shutdown(stopping); err != nil {
			server.Close()
		}
	}
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // clients that break off
	}
}
