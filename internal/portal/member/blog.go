package member

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// blogRoutes are the pages of one blog for its owner.
func (p *Pages) blogRoutes() site.Routes {
	return site.Routes{
		"GET /account/{tenant}/{$}":                 p.showBlog,
		"GET /account/{tenant}/manifest.yaml":       p.manifest,
		"POST /account/{tenant}/name/{$}":           p.Once(p.limitEdits(p.rename), site.SessionCookie),
		"POST /account/{tenant}/domains/{$}":        p.limitEdits(p.addDomain),
		"POST /account/{tenant}/domains/check/{$}":  p.checkDomain,
		"POST /account/{tenant}/domains/remove/{$}": p.limitEdits(p.removeDomain),
		"GET /account/{tenant}/delete/{$}":          p.showDelete,
		"POST /account/{tenant}/delete/{$}":         p.limitEdits(p.deleteBlog),
		"POST /account/{tenant}/restore/{$}":        p.limitEdits(p.restoreBlog),
	}
}

// limitEdits limits how often a user may send a form that changes a blog.
func (p *Pages) limitEdits(handler site.Handler) site.Handler {
	return func(w http.ResponseWriter, r *site.Request) error {
		if err := p.Accounts.TakeEdit(r.Context(), r.User.ID); err != nil {
			return err
		}
		return handler(w, r)
	}
}

// blogPage is the settings page of a blog.
type blogPage struct {
	blogView
	// Host is the blog's host name under the site's domain.
	Host string
	// Version is the version of the Tenant that the forms are rendered from.
	Version tenants.Version
	// DisplayName is the blog's title, and Manager the field manager that set it. Empty: it can be changed here.
	DisplayName, Manager string
	Domains              []domainView
	// Form holds the values of display_name and host.
	Form *site.Form
}

// ownTenant reads the Tenant in the path of a request. It returns site.ErrNoPage unless the user owns it.
func (p *Pages) ownTenant(r *site.Request) (*v1alpha1.Tenant, error) {
	tenant, err := p.Tenants.GetOwned(r.Context(), site.Person(r.User), r.PathValue("tenant"))
	if errors.Is(err, tenants.ErrNotFound) {
		return nil, site.ErrNoPage
	}
	return tenant, err
}

func (p *Pages) showBlog(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	return p.blogPage(w, r, tenant, blogForm(r, tenant), 0)
}

// blogForm returns the values of the forms on a blog's settings page, with the named fields taken from a request.
func blogForm(r *site.Request, t *v1alpha1.Tenant, fields ...string) *site.Form {
	f := site.NewForm(r, fields...)
	if _, sent := f.Values["display_name"]; !sent {
		f.Values["display_name"] = t.Spec.DisplayName
	}
	return f
}

// blogPage shows the settings page of a blog. The form holds the error of a check under the domain's host.
func (p *Pages) blogPage(w http.ResponseWriter, r *site.Request, tenant *v1alpha1.Tenant, f *site.Form, status int) error {
	domains, err := p.Domains.List(r.Context(), tenant)
	if err != nil {
		return err
	}
	owners := tenants.OwnersOf(tenant)
	shown := blogPage{
		blogView: viewOf(tenant, r), Host: primaryHost(r, tenant), Version: tenants.VersionOf(tenant),
		DisplayName: tenant.Spec.DisplayName, Manager: owners.Field("displayName"), Form: f,
	}
	if isAboutDomains(tenant) {
		shown.Message = "" // the page says more about each domain
	}
	for _, d := range domains {
		view := newDomainView(tenant, d)
		view.Error = f.Errors[d.Host]
		shown.Domains = append(shown.Domains, view)
	}
	return p.Show(w, r, site.Page{Name: "blog", Title: shown.Title, Data: shown, Status: status})
}

// primaryHost returns the host name of a blog under the site's domain.
func primaryHost(r *site.Request, t *v1alpha1.Tenant) string {
	domain := t.Spec.Domain
	if domain == "" {
		domain = string(r.Platform.Spec.Domains[0])
	}
	return t.Name + "." + domain
}

// rename changes the title.
func (p *Pages) rename(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.ownTenant(r)
	if err != nil {
		return err
	}
	f := blogForm(r, tenant, "display_name", "was")
	change := tenants.Change{Version: tenants.VersionOf(tenant).Seen(r.PostFormValue("version")), Base: tenants.SettingsOf(tenant)}
	if r.PostForm.Has("was") {
		change.Base.DisplayName = f.Values["was"]
	}
	change.Want = change.Base
	if err = change.Want.Parse("displayName", f.Values["display_name"]); err == nil {
		_, err = p.Tenants.Edit(r.Context(), change)
	}
	var changed *tenants.ChangedError
	if errors.As(err, &changed) {
		tenant = changed.Tenant
	}
	return p.answerBlogForm(w, r, tenant, f, "display_name", err, "")
}

// answerBlogForm responds to a form of a blog's settings page: with the page and the error of a field, or with a redirect to
// an anchor of the page.
func (p *Pages) answerBlogForm(w http.ResponseWriter, r *site.Request, t *v1alpha1.Tenant, f *site.Form, field string, err error, anchor string) error {
	if sentence := ownerSentence(err); sentence != "" {
		f.AddError(field, sentence)
		return p.blogPage(w, r, t, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/account/"+t.Name+"/"+anchor, site.NoticeSaved)
	return nil
}

// ownerSentence explains to the owner of a blog why a change was refused. It returns "" for all other errors, and for nil.
func ownerSentence(err error) string {
	var (
		owned   *tenants.FieldOwnedError
		changed *tenants.ChangedError
		invalid *tenants.InvalidError
		domain  *tenants.DomainError
	)
	switch {
	case errors.As(err, &domain):
		return domain.Sentence()
	case errors.As(err, &owned):
		return "This is set by your administrator. To change it, contact support."
	case errors.As(err, &changed):
		return changedSentence(changed)
	case errors.As(err, &invalid) && invalid.Err == nil:
		return invalid.Fields[0].Message
	case errors.As(err, &invalid): // the API server's messages are not for owners
		return "This value is not valid. Correct it, or contact support."
	}
	return ""
}

// changedSentence names both values of a field that was changed by two users.
func changedSentence(changed *tenants.ChangedError) string {
	sentences := []string{"Your blog was changed after you opened this page."}
	for _, f := range changed.Fields {
		sentences = append(sentences, fmt.Sprintf("The value is now %q; you entered %q.", f.Theirs, f.Ours))
	}
	return strings.Join(append(sentences, "Save again to keep your value."), " ")
}
