package account

import (
	"time"

	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// Nobody can lock the owner of an account out by attempts from elsewhere: attempts are limited by account and network
// together, and by the account alone only so far that many networks cannot guess a password. Browsers that have logged in
// before have limits of their own.
var (
	// A few failed logins are free; after that, each one doubles the delay. Many people may share a network address, so it
	// has more free attempts than an account.
	loginsByNetworkAndAccount = ratelimit.Limit{Kind: "login-network-account", Free: 4, Window: 7 * 24 * time.Hour, First: 10 * time.Minute, Longest: 7 * 24 * time.Hour}
	loginsByNetwork           = ratelimit.Limit{Kind: "login-network", Free: 40, Window: time.Hour, First: 10 * time.Minute, Longest: 24 * time.Hour}
	// NIST SP 800-63B section 5.2.2 allows 100 failed attempts on an account.
	loginsByAccount = ratelimit.Limit{Kind: "login-account", Free: 50, Window: 24 * time.Hour, First: 10 * time.Minute, Longest: time.Hour}
	loginsByBrowser = ratelimit.Limit{Kind: "login-browser", Free: 10, Window: 24 * time.Hour, First: time.Minute, Longest: time.Hour}

	// passwordsByAccount limits how often a browser that is logged in may guess the current password.
	passwordsByAccount = ratelimit.Limit{Kind: "password-account", Free: 4, Window: 24 * time.Hour, First: 10 * time.Minute, Longest: 24 * time.Hour}
	// resetsByNetworkAndAccount and resetsByNetwork limit how often a password reset may be requested.
	resetsByNetworkAndAccount = ratelimit.Limit{Kind: "reset-network-account", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
	resetsByNetwork           = ratelimit.Limit{Kind: "reset-network", Free: 20, Window: time.Hour, First: time.Hour, Longest: time.Hour}
	// resetMails and resetMailsByBrowser limit how many emails an account gets in an hour. Requests beyond them are not
	// refused: the links of the emails before are still valid.
	resetMails          = ratelimit.Limit{Kind: "reset-mail", Free: 10, Window: time.Hour}
	resetMailsByBrowser = ratelimit.Limit{Kind: "reset-mail-browser", Free: 4, Window: time.Hour}

	// editsByAccount limits how often a user may change or delete blogs. Every change makes the operator reconcile, and may
	// delay those of staff.
	editsByAccount = ratelimit.Limit{Kind: "edit-account", Free: 60, Window: time.Hour}

	// confirmsByNetwork, confirmsByAccount and confirmsByAddress limit how often a user may request another confirmation
	// email or correct the address, and how many of these emails one address gets.
	confirmsByNetwork = ratelimit.Limit{Kind: "confirm-network", Free: 20, Window: time.Hour, First: time.Hour, Longest: time.Hour}
	confirmsByAccount = ratelimit.Limit{Kind: "confirm-account", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
	confirmsByAddress = ratelimit.Limit{Kind: "confirm-address", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
)
