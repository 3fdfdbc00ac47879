package member

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// domainView is a custom domain of a blog.
type domainView struct {
	// State describes the state of the domain in a sentence.
	Host, State string
	// Record is the name of the TXT record that proves the domain, and Value its value. Empty: it needs none.
	Record, Value string
	// Proven says that the record exists, so that it only has to be kept.
	Proven bool
	// Manager is the field manager that set it. Empty: it can be removed here.
	Manager string
	// Error says why this request did not find the record. Empty: the request did not look for it.
	Error string
}

func newDomainView(t *v1alpha1.Tenant, d tenants.Domain) domainView {
	return domainView{
		Host: d.Host, State: domainState(t, d), Record: d.Record.Name, Value: d.Record.Value, Proven: d.State == tenants.DomainServed,
		Manager: tenants.OwnersOf(t).Domain(d.Host),
	}
}

// domainState describes the state of a custom domain in a sentence.
func domainState(t *v1alpha1.Tenant, d tenants.Domain) string {
	switch d.State {
	case tenants.DomainServed:
		return "Your blog is served at this domain."
	case tenants.DomainUnproven:
		return "Your blog is not served at this domain yet: we have not found the record below."
	case tenants.DomainTentative:
		return "Your blog is served at this domain until another blog proves that the domain is theirs. You can log in there once we have found the record below."
	case tenants.DomainAbsent:
		return fmt.Sprintf("We no longer find the record below. Restore it before %s, or your blog loses this domain. Until it is back, log in at the blog's other address.", day(d))
	case tenants.DomainReleased:
		return fmt.Sprintf("Your blog lost this domain on %s, because we had not found the record below for seven days. It returns with the record.", day(d))
	case tenants.DomainElsewhere:
		return "Another blog has this domain. If it is yours, contact support."
	case tenants.DomainNotAccepted:
		return "This site accepts only certain domains. To use this one, contact support."
	}
	route := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionRouteReady)
	if slices.Contains(t.Status.Hosts, d.Host) && route != nil && route.Status == "False" {
		return route.Message
	}
	return "This domain is being set up."
}

func day(d tenants.Domain) string { return d.Date.UTC().Format("2 January 2006") }

// addDomain adds a domain to a blog.
func (p *Pages) addDomain(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := blogForm(r, tenant, "host")
	err = p.Domains.Add(r.Context(), tenant, f.Values["host"], r.Now)
	return p.answerBlogForm(w, r, tenant, f, "host", err, "#domains")
}

// checkDomain looks up the TXT record of a domain and shows whether it is right.
func (p *Pages) checkDomain(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	host := r.PostFormValue("host")
	err = p.Domains.Check(r.Context(), tenant, r.User.ID, host, r.Now)
	var refused *tenants.DomainError
	switch {
	case errors.Is(err, tenants.ErrNoDomain):
		return site.ErrNoPage
	case errors.As(err, &refused):
		f := blogForm(r, tenant)
		f.AddError(host, refused.Sentence())
		return p.blogPage(w, r, tenant, f, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	site.RedirectWithNotice(w, r, "/account/"+tenant.Name+"/#domains", site.NoticeRecordFound)
	return nil
}

// removeDomain removes a domain from a blog.
func (p *Pages) removeDomain(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	err = p.Domains.Remove(r.Context(), tenant, r.PostFormValue("host"))
	var owned *tenants.FieldOwnedError
	if errors.As(err, &owned) {
		return &site.PageError{
			Status: http.StatusConflict, Title: "This domain is set by your administrator", Lead: "Nothing was changed.",
			Steps: []string{"To remove it, contact support."}, Link: r.Contact().Link(),
		}
	}
	if err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/account/"+tenant.Name+"/#domains", site.NoticeSaved)
	return nil
}
