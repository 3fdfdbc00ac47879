package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

const (
	// pollInterval is how often an API server that failed is asked again.
	pollInterval = time.Second
	// longOutage is how long the API server has to be unavailable for a new manager to be faster than the old one.
	longOutage = 5 * time.Second
)

// errBack ends a manager after an outage of the API server. Its watches would wait up to 30 s before they try again, because
// client-go's delay between attempts has grown meanwhile (k8s.io/client-go/tools/cache, Reflector); those of a new one do not.
var errBack = errors.New("the API server is back")

// outage notices that the API server was unavailable.
type outage struct{ failing atomic.Bool }

// watch returns a configuration whose clients tell the outage about requests that have got no response. The handler of failed
// watches would not do: client-go repeats a watch whose connection is refused without calling it.
func (o *outage) watch(api *rest.Config) *rest.Config {
	watched := rest.CopyConfig(api)
	watched.Wrap(func(next http.RoundTripper) http.RoundTripper { return &observedTransport{next, o} })
	return watched
}

// observedTransport implements k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper, by which client-go finds the transport.
type observedTransport struct {
	next http.RoundTripper
	away *outage
}

// RoundTrip implements http.RoundTripper.
func (t *observedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		t.away.failing.Store(true)
	}
	return response, err
}

// WrappedRoundTripper returns the transport that is observed.
func (t *observedTransport) WrappedRoundTripper() http.RoundTripper { return t.next }

// end cancels ctx with errBack when the API server has been unavailable for long and answers again.
func (o *outage) end(ctx context.Context, cancel context.CancelCauseFunc, api *rest.Config, log *slog.Logger) {
	client, err := discovery.NewDiscoveryClientForConfig(withTimeout(api))
	if err != nil {
		log.LogAttrs(ctx, slog.LevelError, "Cannot ask the API server whether it is back", slog.String("error", err.Error()))
		return
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var since time.Time // of the first failed attempt
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !o.failing.Load() {
			continue
		}
		_, err := client.ServerVersion()
		switch {
		case err != nil && since.IsZero():
			since = time.Now()
		case err == nil && !since.IsZero() && time.Since(since) > longOutage:
			cancel(errBack)
			return
		case err == nil:
			since = time.Time{}
			o.failing.Store(false)
		}
	}
}

func withTimeout(api *rest.Config) *rest.Config {
	short := rest.CopyConfig(api)
	short.Timeout = 2 * time.Second
	return short
}
