package member

import (
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/billing"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// blogView is a blog on the home page.
type blogView struct {
	Name, Title, URL string
	Phase            v1alpha1.TenantPhase
	// Message is the message of the condition Ready while it is not true.
	Message   string
	PaidUntil time.Time
	// SuspensionReason says why staff have suspended the blog. Empty: they have not, or give no reason.
	SuspensionReason string
	// DaysLeft is the number of paid days left, including today. 0: the plan has ended.
	DaysLeft int
	// EndsSoon reports whether it is time to renew the plan.
	EndsSoon bool
	OnTrial  bool
	// Contact is the address of support.
	Contact web.Contact
}

// homePage is the view of the home page.
type homePage struct {
	Blogs   []blogView
	Deleted []deletedView
}

// Home shows the user's blogs. Members of staff without one begin at the list of all blogs.
func (p *Pages) Home(w http.ResponseWriter, r *site.Request) error {
	list, err := p.Tenants.OwnedBy(r.Context(), site.Person(r.User))
	if err != nil {
		return err
	}
	if len(list) == 0 && r.Staff() {
		site.Redirect(w, r, "/staff/")
		return nil
	}
	blogs := make([]blogView, 0, len(list))
	for i := range list {
		blogs = append(blogs, viewOf(&list[i], r))
	}
	if r.Notice == site.NoticeLive.Sentence() && len(blogs) > 0 && blogs[0].URL != "" {
		r.Notice = "Your blog is live at " + blogs[0].URL + "."
	}
	deleted, err := p.deletedBlogs(r)
	if err != nil {
		return err
	}
	page := site.Page{Name: "home", Title: "Home", Home: true, Data: homePage{blogs, deleted}}
	if len(blogs) > 0 {
		page.Script = "home.js"
	}
	return p.Show(w, r, page)
}

func viewOf(t *v1alpha1.Tenant, r *site.Request) blogView {
	v := blogView{Name: t.Name, Title: tenants.TitleOf(t), URL: t.Status.URL, Phase: tenants.PhaseOf(t), OnTrial: t.OnTrial(), Contact: r.Contact()}
	if t.SuspendedBySpec() {
		v.SuspensionReason = t.Spec.SuspensionReason
	}
	if ready := tenants.ReadyCondition(t); ready != nil && ready.Status != "True" {
		v.Message = ready.Message
	}
	if isAboutDomains(t) {
		v.Message = "A custom domain of this blog is not set up. Its settings say what to do."
	}
	if day, err := t.Status.PaidUntil.Start(); err == nil {
		v.PaidUntil = day
		v.DaysLeft = billing.DaysLeft(day, r.Now)
		v.EndsSoon = v.DaysLeft > 0 && v.DaysLeft <= billing.FirstReminder+1 // which count today, too
	}
	return v
}

// isAboutDomains reports whether a Tenant is not Ready because of a custom domain.
func isAboutDomains(t *v1alpha1.Tenant) bool {
	ready := tenants.ReadyCondition(t)
	return ready != nil && ready.Status != "True" && slices.Contains([]string{
		v1alpha1.ReasonCustomDomainUnproven, v1alpha1.ReasonCustomDomainNotListed, v1alpha1.ReasonCustomDomainTaken, v1alpha1.ReasonCustomDomainRefused,
	}, ready.Reason)
}
