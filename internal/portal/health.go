package portal

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// readyTimeout bounds the checks of ready.
const readyTimeout = 2 * time.Second

func (p *Portal) health(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "OK")
}

// ready reports whether the site can serve requests.
func (p *Portal) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if _, err := p.tenants.Platform(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "The Platform has not been read yet. Check that the API server is reachable and that the Platform "+p.options.Platform+" exists.")
		return
	}
	if err := p.accounts.Ready(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "The database is unavailable, or the operator has not created its tables yet.")
		return
	}
	plain(w, http.StatusOK, "Ready")
}

func plain(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}
