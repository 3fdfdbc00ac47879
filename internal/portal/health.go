package portal

import (
	"context"
	"time"
)

// readyTimeout bounds missing: a kubelet waits a second for an answer by default.
const readyTimeout = 900 * time.Millisecond

// missing returns what the site needs before it can serve requests, or "".
func (p *Portal) missing(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if _, err := p.tenants.Platform(ctx); err != nil {
		return "The Platform has not been read yet. Check that the API server is reachable and that the Platform " + p.options.Platform + " exists."
	}
	if err := p.accounts.Ready(ctx); err != nil {
		return "The database is unavailable, or the operator has not created its tables yet."
	}
	return ""
}
