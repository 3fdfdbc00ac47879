package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/echoblogs/echoblogs/internal/tenants"
)

func (p *Portal) suspendTenant(w http.ResponseWriter, r *visit) error {
	return p.switchTenant(w, r, p.staffTenants.Suspend, "suspended")
}

func (p *Portal) resumeTenant(w http.ResponseWriter, r *visit) error {
	return p.switchTenant(w, r, p.staffTenants.Resume, "resumed")
}

// switchTenant suspends or resumes a tenant, whatever else has changed since the page was opened.
func (p *Portal) switchTenant(
	w http.ResponseWriter, r *visit, do func(context.Context, string, tenants.Version) (bool, error), notice string,
) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	changed, err := do(r.Context(), r.User.Username, tenants.VersionOf(tenant).Latest())
	return p.answerStaffForm(w, r, tenant, settingsForm(r, tenant), changed, err, notice)
}

// deleteTenant deletes a tenant if its name was entered.
func (p *Portal) deleteTenant(w http.ResponseWriter, r *visit) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	f := settingsForm(r, tenant)
	if strings.TrimSpace(r.PostFormValue("confirm")) != tenant.Name {
		f.refuse("confirm", "Type "+tenant.Name+" to delete it. Nothing was changed.")
		return p.showTenantForm(w, r, tenant, f)
	}
	version := tenants.VersionOf(tenant)
	version.Generation = number(r.PostFormValue("generation"))
	deleted, err := p.staffTenants.Delete(r.Context(), r.User.Username, version)
	var changed *tenants.ChangedError
	switch {
	case errors.As(err, &changed):
		f.refuse("confirm", "This tenant was changed after you opened the page. Check it, then confirm again.")
		return p.showTenantForm(w, r, changed.Tenant, f)
	case err != nil:
		return err
	case !deleted:
		return p.unchanged(w, r, tenantAddress(tenant.Name))
	}
	return p.answerStaff(w, r, true, "deleted", "/staff/tombstones/")
}

func tenantAddress(name string) string { return "/staff/tenants/" + name + "/" }
