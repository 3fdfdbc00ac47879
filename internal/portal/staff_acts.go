package portal

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/audit"
)

// actsPage is what staff did lately.
type actsPage struct {
	Acts []audit.Entry
	// Before is where to go on into the past. 0: there is nothing more.
	Before int64
}

func (p *Portal) showActs(w http.ResponseWriter, r *visit) error {
	acts, err := p.audit.Latest(r.Context(), number(r.URL.Query().Get("before")), actsShown)
	if err != nil {
		return err
	}
	shown := actsPage{Acts: acts}
	if len(acts) == actsShown {
		shown.Before = acts[len(acts)-1].ID
	}
	return p.show(w, r, page{name: "staff_acts", title: "What staff did", data: shown})
}

// unchanged leads to a page that says that there was nothing to do: somebody else has done it, or nobody has to.
func (p *Portal) unchanged(w http.ResponseWriter, r *visit, next string) error {
	p.notice(w, r, "unchanged")
	redirect(w, r, next)
	return nil
}
