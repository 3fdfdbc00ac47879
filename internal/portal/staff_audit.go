package portal

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/audit"
)

// auditPageSize is how many entries of the audit log a page shows.
const auditPageSize = 50

// auditPage is what the audit log shows.
type auditPage struct {
	Entries []audit.Entry
	// Before is the ID of the last entry. 0: there are no older ones.
	Before int64
}

func (p *Portal) showAudit(w http.ResponseWriter, r *visit) error {
	entries, err := p.audit.Latest(r.Context(), number(r.URL.Query().Get("before")), auditPageSize)
	if err != nil {
		return err
	}
	shown := auditPage{Entries: entries}
	if len(entries) == auditPageSize {
		shown.Before = entries[len(entries)-1].ID
	}
	return p.show(w, r, page{name: "staff_audit", title: "Audit log", data: shown})
}

// unchanged redirects to a page, which reports that nothing was changed: somebody else did it before.
func (p *Portal) unchanged(w http.ResponseWriter, r *visit, next string) error {
	p.notice(w, r, "unchanged")
	redirect(w, r, next)
	return nil
}
