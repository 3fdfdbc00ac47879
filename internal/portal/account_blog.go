package portal

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// maxDisplayName is the Tenant's own limit, in characters.
const maxDisplayName = 100

// blogRoutes are the pages of one blog of who is logged in.
func (p *Portal) blogRoutes() map[string]handler {
	return map[string]handler{
		"GET /account/{tenant}/{$}":                 member(p.showBlog),
		"GET /account/{tenant}/manifest.yaml":       member(p.manifest),
		"POST /account/{tenant}/name/{$}":           member(p.rename),
		"POST /account/{tenant}/domains/{$}":        member(p.addDomain),
		"POST /account/{tenant}/domains/verify/{$}": member(p.verifyDomain),
		"POST /account/{tenant}/domains/remove/{$}": member(p.removeDomain),
		"GET /account/{tenant}/delete/{$}":          member(p.showDelete),
		"POST /account/{tenant}/delete/{$}":         member(p.deleteBlog),
	}
}

// blogPage is what the owner of a blog sees of it.
type blogPage struct {
	blogView
	// Host is where the blog is in any case.
	Host string
	// DisplayName is the blog's own, and HeldBy who else has set it. Empty: nobody.
	DisplayName, HeldBy string
	Domains             []domainView
	Claims              []claimView
	// Form holds what was filled in: display_name and host.
	Form *form
}

// domainView is a custom domain of a blog.
type domainView struct {
	// State is a sentence.
	Host, State string
	// HeldBy is who else has set it. Empty: nobody.
	HeldBy string
}

// claimView is a custom domain that is still to be proved.
type claimView struct {
	// Record is the TXT record's name, and Value what it is to say.
	Host, Record, Value string
	// Error says why it was not found. Empty: it was not looked for.
	Error string
}

func (p *Portal) showBlog(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := newForm(r)
	f.Values["display_name"] = tenant.Spec.DisplayName
	return p.blogPage(w, r, tenant, f, 0)
}

// blogPage shows a blog's settings. An error of the form under the name of a claimed host stands beside that claim.
func (p *Portal) blogPage(w http.ResponseWriter, r *visit, tenant *v1alpha1.Tenant, f *form, status int) error {
	claims, err := tenants.ListClaims(r.Context(), p.db, tenant.Name)
	if err != nil {
		return err
	}
	held := tenants.FieldOwners(tenant)
	shown := blogPage{
		blogView: viewOf(tenant, r), Host: primaryHost(r, tenant),
		DisplayName: tenant.Spec.DisplayName, HeldBy: held["displayName"], Form: f,
	}
	for _, host := range tenant.Spec.CustomDomains {
		shown.Domains = append(shown.Domains, domainView{
			Host: string(host), State: domainState(tenant, string(host)), HeldBy: held["customDomains/"+string(host)],
		})
	}
	for _, c := range claims {
		if !slices.Contains(tenant.Spec.CustomDomains, v1alpha1.CustomDomain(c.Host)) {
			shown.Claims = append(shown.Claims, claimView{
				Host: c.Host, Record: recordPrefix + c.Host, Value: valuePrefix + c.Token, Error: f.Errors[c.Host],
			})
		}
	}
	return p.show(w, r, page{name: "blog", title: shown.Title, data: shown, status: status})
}

// primaryHost returns where a blog is in any case.
func primaryHost(r *visit, t *v1alpha1.Tenant) string {
	domain := t.Spec.Domain
	if domain == "" {
		domain = string(r.Platform.Spec.Domains[0])
	}
	return t.Name + "." + domain
}

// rename changes the display name.
func (p *Portal) rename(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := newForm(r, "display_name")
	name := strings.TrimSpace(f.Values["display_name"])
	switch {
	case utf8.RuneCountInString(name) > maxDisplayName:
		f.refuse("display_name", fmt.Sprintf("Use at most %d characters.", maxDisplayName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		f.refuse("display_name", "Use letters, digits, spaces and signs on one line.")
	case tenants.FieldOwners(tenant)["displayName"] != "":
		f.refuse("display_name", refusal(&tenants.FieldConflictError{}))
	}
	if f.ok() {
		err := p.tenants.Edit(r.Context(), tenant.Name, func(spec *tenancyv1alpha1.TenantSpecApplyConfiguration) {
			if spec.DisplayName = nil; name != "" {
				spec.WithDisplayName(name)
			}
		})
		if sentence := refusal(err); sentence != "" {
			f.refuse("display_name", sentence)
		} else if err != nil {
			return err
		}
	}
	if !f.ok() {
		return p.blogPage(w, r, tenant, f, http.StatusUnprocessableEntity)
	}
	p.notice(w, r, "saved")
	redirect(w, r, "/account/"+tenant.Name+"/")
	return nil
}

// manifest is a Tenant as its author would write it, for a GitOps repository.
func (p *Portal) manifest(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	content, err := manifestOf(metav1.ObjectMeta{Name: tenant.Name, Namespace: tenant.Namespace}, tenant.Spec)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/yaml; charset=utf-8")
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", tenant.Name+".yaml"))
	header.Set("Cache-Control", "no-store")
	w.Write(content)
	return nil
}

// manifestOf writes a Tenant as its author would.
func manifestOf(metadata metav1.ObjectMeta, spec v1alpha1.TenantSpec) ([]byte, error) {
	content, err := yaml.Marshal(struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta   `json:"metadata"`
		Spec            v1alpha1.TenantSpec `json:"spec"`
	}{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Tenant"}, Metadata: metadata, Spec: spec,
	})
	if err != nil {
		return nil, fmt.Errorf("write the manifest of Tenant %s: %w", metadata.Name, err)
	}
	return content, nil
}
