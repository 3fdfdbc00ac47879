package portal

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

const (
	// cleanInterval is the time between deletions of expired rows.
	cleanInterval = 10 * time.Minute
	// accountsInterval is the time between sweeps of accounts.
	accountsInterval = 30 * time.Second
	// readyTimeout bounds the query for readiness.
	readyTimeout = 2 * time.Second
)

func (p *Portal) health(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "OK")
}

// ready reports whether the site can serve requests.
func (p *Portal) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if _, err := p.tenants.Platform(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "The Platform has not been read yet. Check that the API server can be reached and that the Platform "+p.options.Platform+" exists.")
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

// clean deletes expired rows until ctx ends.
func (p *Portal) clean(ctx context.Context) {
	p.every(ctx, cleanInterval, "delete expired rows", func(ctx context.Context) error {
		if err := p.accounts.DeleteExpired(ctx); err != nil {
			return err
		}
		if err := mail.DeleteStaleNotices(ctx, p.db, p.now().Add(-noticeLife)); err != nil {
			return err
		}
		if err := p.domains.DeleteStale(ctx); err != nil {
			return err
		}
		return ratelimit.DeleteExpired(ctx, p.db, p.now())
	})
}

// every runs a job at an interval until ctx ends. A failure is logged; the next run tries again.
func (p *Portal) every(ctx context.Context, interval time.Duration, what string, work func(context.Context) error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, max(interval, time.Minute))
		err := work(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "Background job failed", slog.String("job", what), slog.String("cause", causeOf(err)))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
