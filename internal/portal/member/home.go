package member

import (
	"net/http"
	"slices"
	"strings"
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
	SuspendedByStaff bool
	// DaysLeft is the number of paid days left, including today. 0: the plan has ended.
	DaysLeft int
	// GraceDays is for how many days after the plan has ended readers can read the blog.
	GraceDays int
	// EndsSoon reports whether it is time to renew the plan.
	EndsSoon bool
	OnTrial  bool
	// Contact is the address of support.
	Contact web.Contact
}

// Host returns the address of the blog without its scheme.
func (v *blogView) Host() string {
	_, host, _ := strings.Cut(v.URL, "://")
	return host
}

// Writable reports whether the owner can write.
func (v *blogView) Writable() bool {
	return v.URL != "" && v.Phase != v1alpha1.TenantGrace && v.Phase != v1alpha1.TenantSuspended && v.Phase != v1alpha1.TenantTerminating
}

// State says how the blog is, in a few words, and Tone is the color that they have.
func (v *blogView) State() string {
	switch {
	case v.SuspensionReason != "":
		return "Suspended: " + v.SuspensionReason
	case v.Phase == v1alpha1.TenantProvisioning:
		return "Being created"
	case v.Phase == v1alpha1.TenantTerminating:
		return "Being deleted"
	}
	return string(v.Phase)
}

// Tone is the class of a badge.
func (v *blogView) Tone() string {
	switch v.Phase {
	case v1alpha1.TenantActive:
		return "ok"
	case v1alpha1.TenantGrace:
		return "warn"
	case v1alpha1.TenantSuspended, v1alpha1.TenantFailed, v1alpha1.TenantTerminating:
		return "bad"
	}
	return "info"
}

// homePage is the view of the home page.
type homePage struct {
	// Next is what to do next. nil: nothing.
	Next    *nextView
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
	blogs, names := make([]blogView, 0, len(list)), make([]string, 0, len(list))
	for i := range list {
		blogs, names = append(blogs, viewOf(&list[i], r)), append(names, list[i].Name)
	}
	if r.Notice == site.NoticeLive.Sentence() && len(blogs) > 0 && blogs[0].URL != "" {
		r.Notice = "Your blog is live at " + blogs[0].URL + "."
	}
	deleted, err := p.deletedBlogs(r)
	if err != nil {
		return err
	}
	wrote, err := p.Accounts.HasPosts(r.Context(), names)
	if err != nil {
		return err
	}
	page := site.Page{Name: "home", Title: "Home", Home: true, Data: homePage{nextStep(r.User, blogs, wrote), blogs, deleted}}
	if len(blogs) > 0 {
		page.Script = "home.js"
	}
	return p.Show(w, r, page)
}

func viewOf(t *v1alpha1.Tenant, r *site.Request) blogView {
	v := blogView{Name: t.Name, Title: tenants.TitleOf(t), URL: t.Status.URL, Phase: tenants.PhaseOf(t), OnTrial: t.OnTrial(), GraceDays: r.Platform.GraceDays(), Contact: r.Contact()}
	if v.SuspendedByStaff = t.SuspendedBySpec(); v.SuspendedByStaff {
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
