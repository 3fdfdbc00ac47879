package portal

import (
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// blogView is what the home page says of one blog.
type blogView struct {
	Name, Title, URL string
	Phase            v1alpha1.TenantPhase
	// Message says what is wrong, in the operator's words. Empty: nothing is.
	Message   string
	PaidUntil time.Time
	// DaysLeft counts today. 0: the paid time is over.
	DaysLeft int
	OnTrial  bool
	// Contact is where those are reached who say how to go on.
	Contact web.Contact
}

// home shows who is logged in what they have.
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
	v := blogView{Name: t.Name, Title: t.Spec.DisplayName, URL: t.Status.URL, Phase: t.Status.Phase, OnTrial: t.OnTrial(), Contact: r.Contact()}
	if v.Title == "" {
		v.Title = t.Name
	}
	if v.Phase == "" {
		v.Phase = v1alpha1.TenantPending
	}
	if ready := tenants.ReadyCondition(t); ready != nil && ready.Status != "True" {
		v.Message = ready.Message
	}
	if day, err := t.Status.PaidUntil.Start(); err == nil {
		v.PaidUntil = day
		v.DaysLeft = max(0, int(day.AddDate(0, 0, 1).Sub(r.Now).Hours()+23)/24)
	}
	return v
}
