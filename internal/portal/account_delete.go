package portal

import (
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// deletePage says what happens when a blog is deleted, and what happened.
type deletePage struct {
	Name, URL string
	// Until is when its data is dropped. The zero time: at once.
	Until time.Time
	// Leaves says that the account is removed, too, and Leaving when that is: a while after the last blog cannot be
	// restored any more.
	Leaves  bool
	Leaving time.Time
	// Managers are who else has set fields of it, and may make it again.
	Managers []string
	Form     *form
}

func (p *Portal) showDelete(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	shown, err := p.deletion(r, tenant, newForm(r))
	if err != nil {
		return err
	}
	return p.show(w, r, page{name: "delete", title: "Delete " + tenant.Name, data: shown})
}

// deletion finds out what the deletion of a blog means for who asks for it.
func (p *Portal) deletion(r *visit, t *v1alpha1.Tenant, f *form) (deletePage, error) {
	shown := deletePage{Name: t.Name, URL: t.Status.URL, Form: f}
	if t.Retained() {
		shown.Until = r.Now.AddDate(0, 0, r.Platform.RetentionDays())
	}
	list, err := p.tenants.OwnedBy(r.Context(), r.User.Username)
	if err != nil {
		return deletePage{}, err
	}
	left := slices.ContainsFunc(list, func(other v1alpha1.Tenant) bool { return other.Name != t.Name && other.DeletionTimestamp.IsZero() })
	kept, err := tenancy.NewReader(p.db).ListTombstonesOf(r.Context(), r.User.Username, r.Now)
	if err != nil {
		return deletePage{}, err
	}
	last := r.Now
	if !shown.Until.IsZero() {
		last = shown.Until
	}
	for _, k := range kept {
		if k.PurgeAt.After(last) {
			last = k.PurgeAt
		}
	}
	shown.Leaves, shown.Leaving = !left && !r.Staff(), last.Add(account.BloglessLife)
	for _, manager := range tenants.FieldOwners(t) {
		if !slices.Contains(shown.Managers, manager) {
			shown.Managers = append(shown.Managers, manager)
		}
	}
	slices.Sort(shown.Managers)
	return shown, nil
}

// deleteBlog deletes a blog of who typed its name. Who has no other one is logged out: nobody logs in without a blog.
func (p *Portal) deleteBlog(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := newForm(r, "name")
	shown, err := p.deletion(r, tenant, f)
	if err != nil {
		return err
	}
	if f.Values["name"] != tenant.Name {
		f.refuse("name", "Type "+tenant.Name+" to delete it.")
		return p.show(w, r, page{name: "delete", title: "Delete " + tenant.Name, data: shown, status: http.StatusUnprocessableEntity})
	}
	if err := p.tenants.Delete(r.Context(), tenant); err != nil {
		return err
	}
	p.log.InfoContext(r.Context(), "Owner deleted a blog", "id", r.ID, "tenant", tenant.Name, "user", r.User.ID)
	if shown.Leaves {
		if err := account.EndSessions(r.Context(), p.db, r.User.ID, 0); err != nil {
			return err
		}
		p.clearCookie(w, r, sessionCookie)
		r.User, r.Session = nil, nil
	}
	return p.show(w, r, page{name: "deleted", title: tenant.Name + " is deleted", data: shown})
}
