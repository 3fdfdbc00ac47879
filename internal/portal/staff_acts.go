package portal

import (
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/accounts"
)

// actsPage is what staff did lately.
type actsPage struct {
	Acts []accounts.Act
	// Before is where to go on into the past. 0: there is nothing more.
	Before int64
}

func (p *Portal) showActs(w http.ResponseWriter, r *visit) error {
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	acts, err := accounts.LatestActs(r.Context(), p.db, before, actsShown)
	if err != nil {
		return err
	}
	shown := actsPage{Acts: acts}
	if len(acts) == actsShown {
		shown.Before = acts[len(acts)-1].ID
	}
	return p.show(w, r, page{name: "staff_acts", title: "What staff did", data: shown})
}
