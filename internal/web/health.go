package web

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
)

// Live answers the liveness probes of a kubelet: the server answers, whatever else is unavailable.
func Live(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "The server is running.")
}

// Readiness answers the readiness probes of a kubelet. Once a server has been ready, it stays so: what it depends on is shared
// by all replicas, so that without it none would be left to say so, and the ingress controller would answer in their place.
type Readiness struct {
	// Check returns a sentence that says what is missing, or "". Required.
	Check func(context.Context) string

	reached atomic.Bool
}

// ServeHTTP implements http.Handler. With the query parameter recheck, it checks again: "helm test" does not ask whether the
// server was ready once.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if !r.reached.Load() || request.URL.Query().Has("recheck") {
		if missing := r.Check(request.Context()); missing != "" {
			plain(w, http.StatusServiceUnavailable, missing)
			return
		}
		r.reached.Store(true)
	}
	plain(w, http.StatusOK, "Ready.")
}

func plain(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}
