package portal

import (
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/accounts"
)

// deletePage says what happens when a blog is deleted, and what happened.
type deletePage struct {
	Name, URL string
	// Until is when its data is dropped. The zero time: at once.
	Until time.Time
	// Managers are who else has set fields of it, and may make it again.
	Managers []string
	Form     *form
}

func (p *Portal) showDelete(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	return p.show(w, r, page{name: "delete", title: "Delete " + tenant.Name, data: deletion(r, tenant, newForm(r))})
}

func deletion(r *visit, t *v1alpha1.Tenant, f *form) deletePage {
	shown := deletePage{Name: t.Name, URL: t.Status.URL, Form: f}
	if t.Retained() {
		shown.Until = r.Now.AddDate(0, 0, r.Platform.RetentionDays())
	}
	for _, manager := range heldFields(t) {
		if !slices.Contains(shown.Managers, manager) {
			shown.Managers = append(shown.Managers, manager)
		}
	}
	slices.Sort(shown.Managers)
	return shown
}

// deleteBlog deletes a blog of who typed its name. Who has no other one is logged out: nobody logs in without a blog.
func (p *Portal) deleteBlog(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := newForm(r, "name")
	shown := deletion(r, tenant, f)
	if f.Values["name"] != tenant.Name {
		f.refuse("name", "Type "+tenant.Name+" to delete it.")
		return p.show(w, r, page{name: "delete", title: "Delete " + tenant.Name, data: shown, status: http.StatusUnprocessableEntity})
	}
	if err := p.cluster.delete(r.Context(), tenant); err != nil {
		return err
	}
	p.log.InfoContext(r.Context(), "Owner deleted a blog", "id", r.ID, "tenant", tenant.Name, "user", r.User.ID)
	tenants, err := p.cluster.ownedBy(r.Context(), r.User.Username)
	if err != nil {
		return err
	}
	left := slices.ContainsFunc(tenants, func(t v1alpha1.Tenant) bool { return t.Name != tenant.Name && t.DeletionTimestamp.IsZero() })
	if !left && !r.Staff() {
		if err := accounts.EndSessions(r.Context(), p.db, r.User.ID, 0); err != nil {
			return err
		}
		p.clearCookie(w, r, sessionCookie)
		r.User, r.Session = nil, nil
	}
	return p.show(w, r, page{name: "deleted", title: tenant.Name + " is deleted", data: shown})
}
