package staff

import (
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/portal/site"
)

// auditPageSize is how many entries of the audit log a page shows.
const auditPageSize = 50

// auditView is an entry of the audit log.
type auditView struct {
	At                                      time.Time
	Actor, Action, Tenant, Username, Detail string
}

func viewsOfAudit(entries []audit.Entry) []auditView {
	views := make([]auditView, 0, len(entries))
	for _, e := range entries {
		views = append(views, auditView{At: e.At, Actor: e.Actor, Action: e.Action, Tenant: e.Tenant, Username: e.Username, Detail: e.Detail})
	}
	return views
}

// auditPage is a page of the audit log.
type auditPage struct {
	Entries []auditView
	// Before is the ID of the last entry. 0: there are no older ones.
	Before int64
}

func (p *Pages) showAudit(w http.ResponseWriter, r *site.Request) error {
	entries, err := p.Audit.Latest(r.Context(), number(r.URL.Query().Get("before")), auditPageSize)
	if err != nil {
		return err
	}
	shown := auditPage{Entries: viewsOfAudit(entries)}
	if len(entries) == auditPageSize {
		shown.Before = entries[len(entries)-1].ID
	}
	return p.Show(w, r, site.Page{Name: "audit", Title: "Audit log", Data: shown})
}

// unchanged redirects to a page, which reports that nothing was changed, for example because another user has made the
// same change.
func (p *Pages) unchanged(w http.ResponseWriter, r *site.Request, next string) error {
	site.RedirectWithNotice(w, r, next, site.NoticeUnchanged)
	return nil
}
