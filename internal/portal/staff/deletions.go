package staff

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// approveDeletion lets the held deletion of a tenant pass if the user has typed its name.
func (p *Pages) approveDeletion(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	f := settingsForm(r, tenant)
	if strings.TrimSpace(r.PostFormValue("confirm")) != tenant.Name {
		f.AddError("confirm", "Type "+tenant.Name+" to let it be deleted. Nothing was changed.")
		return p.showTenantForm(w, r, tenant, f)
	}
	if err := p.Changes.ApproveDeletion(r.Context(), r.User.Username, tenant.Name); err != nil {
		return p.undecided(tenant.Name, err)
	}
	return p.answerStaff(w, r, true, site.NoticeApproved, "/staff/tombstones/")
}

// cancelDeletion cancels the held deletion of a tenant.
func (p *Pages) cancelDeletion(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	if err := p.Changes.CancelDeletion(r.Context(), r.User.Username, tenant.Name); err != nil {
		return p.undecided(tenant.Name, err)
	}
	return p.answerStaff(w, r, true, site.NoticeCancelled, tenantAddress(tenant.Name))
}

// undecided explains an error of a decision about a held deletion.
func (p *Pages) undecided(name string, err error) error {
	command := fmt.Sprintf("kubectl echoblogs --namespace=%s ", p.Tenants.Namespace)
	link := &web.Link{Address: tenantAddress(name), Text: "Open the tenant"}
	switch {
	case errors.Is(err, tenants.ErrNotHeld):
		return &site.PageError{
			Status: http.StatusConflict, Title: "There is nothing to decide", Lead: "The deletion of this tenant is not held any more. Nothing was changed.", Link: link,
		}
	case errors.Is(err, tenants.ErrNamesSchema):
		return &site.PageError{
			Status: http.StatusUnprocessableEntity, Title: "This cannot be cancelled here",
			Lead:  "The tenant names a schema, which the public site is not permitted to do. Nothing was changed.",
			Steps: []string{"Run: " + command + "deletions cancel " + name}, Link: link,
		}
	case errors.Is(err, tenants.ErrOtherOwner):
		return &site.PageError{
			Status: http.StatusConflict, Title: "Another blog has taken the name",
			Lead:  "The deletion is cancelled, and the data is kept, but a Tenant of another owner was created under this name.",
			Steps: []string{"Delete that tenant if it should not exist.", "Then run: " + command + "orphans recreate " + name}, Link: link,
		}
	case errors.Is(err, tenants.ErrNotDone):
		return &site.PageError{
			Status: http.StatusServiceUnavailable, Title: "The operator has not answered yet",
			Lead:  "The deletion is cancelled, and the blog is served, but its Tenant still has to be created again.",
			Steps: []string{"Check that the operator runs.", "Then run: " + command + "orphans recreate " + name}, Link: link,
		}
	}
	return err
}
