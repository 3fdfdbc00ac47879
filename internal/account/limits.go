package account

import (
	"time"

	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

var (
	// A few failed logins are free; after that, each one doubles the delay. Many people may share a network address, so it
	// has more free attempts than an account.
	loginsByAccount = ratelimit.Limit{Kind: "login-account", Free: 4, Window: 7 * 24 * time.Hour, First: 10 * time.Minute, Longest: 7 * 24 * time.Hour}
	loginsByAddress = ratelimit.Limit{Kind: "login-address", Free: 40, Window: time.Hour, First: 10 * time.Minute, Longest: 24 * time.Hour}

	// passwordsByAccount limits how often a browser that is logged in may guess the current password.
	passwordsByAccount = ratelimit.Limit{Kind: "password-account", Free: 4, Window: 24 * time.Hour, First: 10 * time.Minute, Longest: 24 * time.Hour}
	// resetsByAccount and resetsByAddress limit how often a password reset may be requested.
	resetsByAccount = ratelimit.Limit{Kind: "reset-account", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
	resetsByAddress = ratelimit.Limit{Kind: "reset-address", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}

	// confirmsByAccount limits how often a user may request another confirmation email.
	confirmsByAccount = ratelimit.Limit{Kind: "confirm-account", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
)
