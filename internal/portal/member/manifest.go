package member

import (
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// manifest sends the YAML manifest of a blog's Tenant, for example to be kept in a Git repository.
func (p *Pages) manifest(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	content, err := tenants.Manifest(tenant)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/yaml; charset=utf-8")
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", naming.FileName(tenant.Name, ".yaml")))
	header.Set("Cache-Control", "no-store")
	w.Write(content)
	return nil
}
