package staff

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

func (p *Pages) suspendTenant(w http.ResponseWriter, r *site.Request) error {
	return p.switchTenant(w, r, p.Changes.Suspend, site.NoticeSuspended)
}

func (p *Pages) resumeTenant(w http.ResponseWriter, r *site.Request) error {
	return p.switchTenant(w, r, p.Changes.Resume, site.NoticeResumed)
}

// switchTenant suspends or resumes a tenant, whatever else has changed since the page was opened.
func (p *Pages) switchTenant(
	w http.ResponseWriter, r *site.Request, do func(context.Context, string, tenants.Version) (bool, error), notice site.Notice,
) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	changed, err := do(r.Context(), r.User.Username, tenants.VersionOf(tenant).Latest())
	return p.answerStaffForm(w, r, tenant, settingsForm(r, tenant), changed, err, notice)
}

// deleteTenant deletes a tenant if the user has typed its name.
func (p *Pages) deleteTenant(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	f := settingsForm(r, tenant)
	if strings.TrimSpace(r.PostFormValue("confirm")) != tenant.Name {
		f.AddError("confirm", "Type "+tenant.Name+" to delete it. Nothing was changed.")
		return p.showTenantForm(w, r, tenant, f)
	}
	version := tenants.VersionOf(tenant).Seen(r.PostFormValue("version"))
	deleted, err := p.Changes.Delete(r.Context(), r.User.Username, version)
	var changed *tenants.ChangedError
	switch {
	case errors.As(err, &changed):
		f.AddError("confirm", "This tenant was changed after you opened the page. Check it, then confirm again.")
		return p.showTenantForm(w, r, changed.Tenant, f)
	case err != nil:
		return err
	case !deleted:
		return p.unchanged(w, r, tenantAddress(tenant.Name))
	}
	return p.answerStaff(w, r, true, site.NoticeDeleted, "/staff/tombstones/")
}

func tenantAddress(name string) string { return "/staff/tenants/" + name + "/" }
