package portal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// A domain is proved to be somebody's by a TXT record, whose name and value begin like this. It is kept apart from
	// the domain's own records, which other programs read.
	recordPrefix = "_echoblogs."
	valuePrefix  = "echoblogs-verification="

	// maxDomains is the Tenant's own limit.
	maxDomains = 20
	// lookupTimeout bounds the look-up of one TXT record.
	lookupTimeout = 5 * time.Second
)

// verifiesByAccount bounds how many DNS look-ups somebody has made for them.
var verifiesByAccount = ratelimit.Limit{Kind: "verify-account", Free: 60, Window: time.Hour}

// newResolver returns what looks up DNS records: that of the system, or one that asks the server at an address.
func newResolver(server string) *net.Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, server)
	}}
}

// domainState says in a sentence what the operator has made of a custom domain.
func domainState(t *v1alpha1.Tenant, host string) string {
	domains := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionDomainsReady)
	switch {
	case !slices.Contains(t.Status.Hosts, host):
		if domains != nil && domains.Status == metav1.ConditionFalse && domains.ObservedGeneration == t.Generation {
			return domains.Message
		}
		return "It is being set up."
	case !meta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionRouteReady):
		if route := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionRouteReady); route != nil {
			return route.Message
		}
		return "It is being set up."
	}
	return "It leads to your blog."
}

// addDomain remembers that the owner claims a domain, and shows how to prove it.
func (p *Portal) addDomain(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := newForm(r, "host")
	f.Values["display_name"] = tenant.Spec.DisplayName
	host := checkDomain(r, f)
	if f.ok() {
		if err := p.checkDomainFree(r, f, tenant, host); err != nil {
			return err
		}
	}
	if !f.ok() {
		return p.blogPage(w, r, tenant, f, http.StatusUnprocessableEntity)
	}
	if err := tenants.ClaimDomain(r.Context(), p.db, tenant.Name, host, r.Now); err != nil {
		return err
	}
	redirect(w, r, "/account/"+tenant.Name+"/#domains")
	return nil
}

// checkDomain notes why a blog cannot have a custom domain, and returns the host in the form in which it is stored.
func checkDomain(r *visit, f *form) string {
	typed := strings.TrimSpace(f.Values["host"])
	host, err := naming.NormalizeHost(typed)
	if err != nil || !strings.Contains(host, ".") || len(host) > 253-len(recordPrefix) || strings.Contains(typed, ":") {
		f.refuse("host", "Write a host name alone, such as www.alice.org, without https:// and without a path.")
		return ""
	}
	reserved := r.Platform.PublicHostNames()
	for _, domain := range r.Platform.Spec.Domains {
		reserved = append(reserved, string(domain))
	}
	for _, domain := range reserved {
		if naming.Under(host, domain) {
			f.refuse("host", fmt.Sprintf("Names under %s are given out by this site: use a domain of your own.", domain))
			return ""
		}
	}
	return host
}

// checkDomainFree notes why a blog cannot have one more domain, or not this one.
func (p *Portal) checkDomainFree(r *visit, f *form, tenant *v1alpha1.Tenant, host string) error {
	if slices.Contains(tenant.Spec.CustomDomains, v1alpha1.CustomDomain(host)) {
		f.refuse("host", "Your blog has this domain already.")
		return nil
	}
	claims, err := tenants.ListClaims(r.Context(), p.db, tenant.Name)
	if err != nil {
		return err
	}
	claimed := slices.ContainsFunc(claims, func(c tenants.DomainClaim) bool { return c.Host == host })
	if !claimed && len(tenant.Spec.CustomDomains)+len(claims) >= maxDomains {
		f.refuse("host", fmt.Sprintf("A blog may have %d domains of its own: remove one first.", maxDomains))
		return nil
	}
	sentence, err := p.takenHost(r, tenant.Name, host)
	if sentence != "" {
		f.refuse("host", sentence)
	}
	return err
}

// takenHost says who has a host. Empty: nobody, or the tenant itself.
func (p *Portal) takenHost(r *visit, tenant, host string) (string, error) {
	owner, err := tenancy.NewReader(p.db).OwnerOfHost(r.Context(), host)
	switch {
	case err != nil || owner == nil || owner.Owner == tenant:
		return "", err
	case !owner.HeldUntil.IsZero() && r.Now.After(owner.HeldUntil):
		return "", nil
	case !owner.HeldUntil.IsZero():
		return "Another blog has just given up this domain: try again in a minute.", nil
	}
	return "Another blog has this domain. If it is yours, ask those who run the site.", nil
}

// verifyDomain looks for the TXT record, and gives the domain to the blog when it is there.
func (p *Portal) verifyDomain(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	claim, err := tenants.FindClaim(r.Context(), p.db, tenant.Name, r.PostFormValue("host"))
	if errors.Is(err, tenants.ErrNoClaim) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	if err := p.attempt(r, verifiesByAccount, strconv.FormatInt(r.User.ID, 10)); err != nil {
		return err
	}
	f := newForm(r)
	f.Values["display_name"] = tenant.Spec.DisplayName
	sentence := p.lookUp(r.Context(), claim)
	if sentence == "" {
		if sentence, err = p.takenHost(r, tenant.Name, claim.Host); err != nil {
			return err
		}
	}
	if sentence == "" {
		if sentence, err = p.giveDomain(r, tenant, claim.Host); err != nil {
			return err
		}
	}
	if sentence != "" {
		f.refuse(claim.Host, sentence)
		return p.blogPage(w, r, tenant, f, http.StatusUnprocessableEntity)
	}
	p.notice(w, r, "saved")
	redirect(w, r, "/account/"+tenant.Name+"/#domains")
	return nil
}

// lookUp says why the TXT record does not prove a claim. Empty: it does.
func (p *Portal) lookUp(ctx context.Context, claim tenants.DomainClaim) string {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	name := recordPrefix + claim.Host
	records, err := p.resolver.LookupTXT(ctx, name+".") // whole: no search domain is added
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return fmt.Sprintf("There is no TXT record %s yet. DNS takes minutes, sometimes hours: try again later.", name)
	case err != nil:
		return fmt.Sprintf("The DNS servers of %s did not answer. Try again in a minute.", claim.Host)
	case slices.ContainsFunc(records, func(record string) bool { return strings.TrimSpace(record) == valuePrefix+claim.Token }):
		return ""
	}
	return fmt.Sprintf("The TXT record %s says something else. Set it to the value above; DNS takes minutes, sometimes hours.", name)
}

// giveDomain adds a domain to the Tenant, and says what is against it. Empty: nothing was.
func (p *Portal) giveDomain(r *visit, tenant *v1alpha1.Tenant, host string) (string, error) {
	err := p.tenants.Edit(r.Context(), tenant.Name, func(spec *tenancyv1alpha1.TenantSpecApplyConfiguration) {
		if domain := v1alpha1.CustomDomain(host); !slices.Contains(spec.CustomDomains, domain) {
			spec.WithCustomDomains(domain)
		}
	})
	if err != nil {
		if sentence := refusal(err); sentence != "" {
			return sentence, nil
		}
		return "", err
	}
	return "", tenants.DropClaim(r.Context(), p.db, tenant.Name, host)
}

// removeDomain takes a domain, or the claim of one, from a blog.
func (p *Portal) removeDomain(w http.ResponseWriter, r *visit) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	host := r.PostFormValue("host")
	domain := v1alpha1.CustomDomain(host)
	if slices.Contains(tenant.Spec.CustomDomains, domain) {
		if tenants.FieldOwners(tenant)["customDomains/"+host] != "" {
			return &failure{status: http.StatusConflict, title: "The manifest of your blog lists this domain", lead: "Nothing was changed.", steps: []string{"Remove it there, from spec.customDomains."}}
		}
		err := p.tenants.Edit(r.Context(), tenant.Name, func(spec *tenancyv1alpha1.TenantSpecApplyConfiguration) {
			spec.CustomDomains = slices.DeleteFunc(spec.CustomDomains, func(d v1alpha1.CustomDomain) bool { return d == domain })
			if len(spec.CustomDomains) == 0 {
				spec.CustomDomains = nil
			}
		})
		if err != nil {
			return err
		}
	}
	if err := tenants.DropClaim(r.Context(), p.db, tenant.Name, host); err != nil {
		return err
	}
	p.notice(w, r, "saved")
	redirect(w, r, "/account/"+tenant.Name+"/#domains")
	return nil
}
