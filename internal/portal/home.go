package portal

import (
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
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
	// DaysLeft is the number of paid days left, including today. 0: the paid time is over.
	DaysLeft int
	OnTrial  bool
	// Contact is the address of support.
	Contact web.Contact
}

// home shows the user's blogs.
func (p *Portal) home(w http.ResponseWriter, r *visit) error {
	list, err := p.tenants.OwnedBy(r.Context(), r.User.Username)
	if err != nil {
		return err
	}
	blogs := make([]blogView, 0, len(list))
	for i := range list {
		blogs = append(blogs, viewOf(&list[i], r))
	}
	if r.Notice == notices["live"] && len(blogs) > 0 && blogs[0].URL != "" {
		r.Notice = "Your blog is live at " + blogs[0].URL + "."
	}
	return p.show(w, r, page{name: "home", title: siteName, home: true, data: blogs})
}

func viewOf(t *v1alpha1.Tenant, r *visit) blogView {
	v := blogView{Name: t.Name, Title: titleOf(t), URL: t.Status.URL, Phase: phaseOf(t), OnTrial: t.OnTrial(), Contact: r.Contact()}
	if ready := tenants.ReadyCondition(t); ready != nil && ready.Status != "True" {
		v.Message = ready.Message
	}
	if day, err := t.Status.PaidUntil.Start(); err == nil {
		v.PaidUntil = day
		v.DaysLeft = max(0, int(day.AddDate(0, 0, 1).Sub(r.Now).Hours()+23)/24)
	}
	return v
}

// titleOf returns a blog's title, which defaults to its name.
func titleOf(t *v1alpha1.Tenant) string {
	if t.Spec.DisplayName == "" {
		return t.Name
	}
	return t.Spec.DisplayName
}
