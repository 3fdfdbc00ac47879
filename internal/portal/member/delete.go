package member

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// deletePage describes what the deletion of a blog does, before and after it.
type deletePage struct {
	Name, URL string
	// Version is the version of the Tenant that the form is rendered from.
	Version tenants.Version
	// Until is when the blog's data is dropped. The zero time: at once. Restorable reports whether the user can restore the
	// blog until then.
	Until      time.Time
	Restorable bool
	// RemovesAccount reports whether the account is removed as well, and AccountEnd when: account.OrphanedLife after its
	// last blog can no longer be restored. LogsOut reports whether the user cannot log in until then.
	RemovesAccount, LogsOut bool
	AccountEnd              time.Time
	// Managers are the other field managers of the blog's Tenant, which may recreate it.
	Managers []string
	Form     *site.Form
}

func (p *Pages) showDelete(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	shown, err := p.deletion(r, tenant, site.NewForm(r))
	if err != nil {
		return err
	}
	return p.Show(w, r, site.Page{Name: "delete", Title: "Delete " + tenant.Name, Data: shown})
}

// deletion describes what the deletion of a blog does to the blog and to the user's account.
func (p *Pages) deletion(r *site.Request, t *v1alpha1.Tenant, f *site.Form) (deletePage, error) {
	shown := deletePage{
		Name: t.Name, URL: t.Status.URL, Version: tenants.VersionOf(t), Until: tenants.KeptUntil(r.Platform, t, r.Now),
		Managers: tenants.OwnersOf(t).Managers(), Form: f,
	}
	list, err := p.Tenants.OwnedBy(r.Context(), site.Person(r.User))
	if err != nil {
		return deletePage{}, err
	}
	left := slices.ContainsFunc(list, func(other v1alpha1.Tenant) bool { return other.Name != t.Name && other.DeletionTimestamp.IsZero() })
	deleted, err := p.Accounts.DeletedBlogs(r.Context(), r.User.Username)
	if err != nil {
		return deletePage{}, err
	}
	last := r.Now
	if !shown.Until.IsZero() {
		last = shown.Until
	}
	shown.RemovesAccount, shown.AccountEnd = !left && !r.Staff(), account.RemovalAfter(deleted, last)
	shown.LogsOut = shown.RemovesAccount && shown.Until.IsZero() && len(deleted) == 0
	shown.Restorable = !shown.Until.IsZero() && t.Spec.SchemaName == ""
	return shown, nil
}

// deleteBlog deletes a blog if the user has typed its name. A user who has no other blog, and none that can be restored, is
// logged out: they cannot log in.
func (p *Pages) deleteBlog(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := site.NewForm(r, "name")
	shown, err := p.deletion(r, tenant, f)
	if err != nil {
		return err
	}
	version := tenants.VersionOf(tenant).Seen(r.PostFormValue("version"))
	var changed *tenants.ChangedError
	if f.Values["name"] != tenant.Name {
		f.AddError("name", "Type "+tenant.Name+" to delete it.")
	} else if _, err = p.Deletions.Delete(r.Context(), owner(r), version); errors.As(err, &changed) {
		if shown, err = p.deletion(r, changed.Tenant, f); err != nil { // the page shows what is deleted now
			return err
		}
		f.AddError("name", "Your blog was changed after you opened this page. Check what happens to its posts, then confirm again.")
	} else if err != nil {
		return err
	}
	if !f.OK() {
		return p.Show(w, r, site.Page{Name: "delete", Title: "Delete " + tenant.Name, Data: shown, Status: http.StatusUnprocessableEntity})
	}
	p.Log.InfoContext(r.Context(), "Owner deleted a blog", "id", r.ID, "tenant", tenant.Name, "user", r.User.ID)
	if shown.LogsOut {
		if err := p.Accounts.EndSessions(r.Context(), r.User.ID, 0); err != nil {
			return err
		}
		r.ClearCookie(w, site.SessionCookie)
		r.User, r.Session = nil, nil
	}
	return p.Show(w, r, site.Page{Name: "deleted", Title: tenant.Name + " is deleted", Data: shown})
}
