package member

import (
	"errors"
	"net/http"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// domainView is a custom domain of a blog.
type domainView struct {
	// State describes the state of the domain in a sentence.
	Host, State string
	// Manager is the field manager that set it. Empty: it can be removed here.
	Manager string
}

// claimView is a custom domain that is not verified yet.
type claimView struct {
	// Record is the name of the TXT record that verifies it, and Value its value.
	Host, Record, Value string
	// Error says why this request could not verify it. Empty: the request did not try.
	Error string
}

// domainState describes the state of a custom domain in a sentence.
func domainState(t *v1alpha1.Tenant, host string) string {
	domains := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionDomainsReady)
	switch {
	case !slices.Contains(t.Status.Hosts, host):
		if domains != nil && domains.Status == metav1.ConditionFalse && domains.ObservedGeneration == t.Generation {
			return domains.Message
		}
		return "This domain is being set up."
	case !meta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionRouteReady):
		if route := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionRouteReady); route != nil {
			return route.Message
		}
		return "This domain is being set up."
	}
	return "Your blog is served at this domain."
}

// addDomain claims a domain and shows how to verify it.
func (p *Pages) addDomain(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := blogForm(r, tenant, "host")
	_, err = p.Domains.Add(r.Context(), tenant, f.Values["host"], r.Now)
	if sentence := ownerSentence(err); sentence != "" {
		f.AddError("host", sentence)
		return p.blogPage(w, r, tenant, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	site.Redirect(w, r, "/account/"+tenant.Name+"/#domains")
	return nil
}

// verifyDomain checks the TXT record of a claim and adds the domain to the blog.
func (p *Pages) verifyDomain(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	host := r.PostFormValue("host")
	err = p.Domains.Verify(r.Context(), tenant, r.User.ID, host, r.Now)
	if errors.Is(err, tenants.ErrNoClaim) {
		return site.ErrNoPage
	}
	return p.answerBlogForm(w, r, tenant, blogForm(r, tenant), host, err, "#domains")
}

// removeDomain removes a domain, or the claim of one, from a blog.
func (p *Pages) removeDomain(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	err = p.Domains.Remove(r.Context(), tenant, r.PostFormValue("host"))
	var owned *tenants.FieldOwnedError
	if errors.As(err, &owned) {
		return &site.PageError{
			Status: http.StatusConflict, Title: "The manifest of your blog lists this domain", Lead: "Nothing was changed.",
			Steps: []string{"Remove the domain from spec.customDomains in the manifest."},
		}
	}
	if err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/account/"+tenant.Name+"/#domains", site.NoticeSaved)
	return nil
}
