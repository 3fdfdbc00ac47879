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
	// Slow clients are disconnected, because connections that wait for them could exhaust the server.
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	// Longer than the 60 s for which proxies keep idle connections by default, so that the server never closes a connection
	// on which a proxy is sending a request.
	idleTimeout    = 120 * time.Second
	maxHeaderBytes = 16 << 10
	// stopTimeout is how long requests in flight may take during a shutdown.
	stopTimeout = 20 * time.Second
)

// Endpoint is a handler and the address on which it is served.
type Endpoint struct {
	// Name is used in logs and errors.
	Name string
	// Address is host:port. An empty host stands for all interfaces.
	Address string
	// Handler serves the requests.
	Handler http.Handler
}

// Serve serves all endpoints until ctx is canceled, and then shuts down gracefully. It returns an error if an address is in
// use or a listener fails.
func Serve(ctx context.Context, log *slog.Logger, endpoints ...Endpoint) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		running sync.WaitGroup
		servers []*http.Server
		listen  net.ListenConfig
	)
	for _, endpoint := range endpoints {
		listener, err := listen.Listen(ctx, "tcp", endpoint.Address)
		if err != nil {
			cancel(fmt.Errorf("listen for the %s: %w", endpoint.Name, err))
			break
		}
		server := newServer(endpoint.Handler, log)
		servers = append(servers, server)
		log.LogAttrs(ctx, slog.LevelInfo, "Listening", slog.String("endpoint", endpoint.Name), slog.String("address", listener.Addr().String()))
		running.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve the %s: %w", endpoint.Name, err))
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
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // such as clients that disconnect
	}
}
