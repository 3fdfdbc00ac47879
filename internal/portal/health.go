package portal

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

const (
	// cleanInterval is how often what has had its time is deleted.
	cleanInterval = 10 * time.Minute
	// readyTimeout bounds the look at the database for readiness.
	readyTimeout = 2 * time.Second
)

func (p *Portal) health(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "The server runs.")
}

// ready tells whether requests are to be sent here.
func (p *Portal) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if _, err := p.tenants.Platform(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "The Platform has not been read yet: check that the API server can be reached, and that there is a Platform "+p.options.Platform+".")
		return
	}
	if _, err := p.db.Exec(ctx, `SELECT FROM public.users LIMIT 0`); err != nil {
		plain(w, http.StatusServiceUnavailable, "The database does not answer, or the operator has not made its tables yet.")
		return
	}
	plain(w, http.StatusOK, "Ready.")
}

func plain(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}

// clean deletes what has had its time, until ctx ends.
func (p *Portal) clean(ctx context.Context) {
	p.every(ctx, cleanInterval, "delete what has expired", func(ctx context.Context) error {
		if err := account.DeleteExpired(ctx, p.db, p.now()); err != nil {
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

// every does some work now and again until ctx ends. What fails is logged, and done the next time.
func (p *Portal) every(ctx context.Context, interval time.Duration, what string, work func(context.Context) error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, max(interval, time.Minute))
		err := work(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "Work in the background failed", slog.String("what", what), slog.String("cause", causeOf(err)))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
