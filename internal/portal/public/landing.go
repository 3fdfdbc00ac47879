package public

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

// landingPage is the view of the home page of the site. It says only what is true of this installation.
type landingPage struct {
	// Domain is the parent domain of new blogs.
	Domain string
	// Invite is set if a registration code is required.
	Invite bool
	// TrialDays is how long a new blog is on trial. 0: it is not worth mentioning. Period is the same, to begin a heading with.
	TrialDays int
	Period    string
	// GraceDays is how long readers can read a blog after its plan has ended.
	GraceDays int
	// Posts and Storage are the limits of a blog on trial. Empty: none.
	Posts, Storage string
	// OwnDomain reports whether owners can add a domain of their own.
	OwnDomain bool
}

// Landing shows the home page of the site, which search engines may index.
func (p *Pages) Landing(w http.ResponseWriter, r *site.Request) error {
	shown := newLandingPage(r.Platform)
	page := site.Page{
		Name: "landing", Title: r.Platform.Site().Name, Home: true, Column: web.Full, Style: "landing.css", Data: shown,
		Links:       []web.Link{{Address: "#looks", Text: "Themes"}, {Address: "/login/", Text: "Log in"}},
		Description: "Write it here, and it is the first draft on a blog of your own, at an address of your own. No ads, no trackers, and everything can be exported.",
	}
	if !r.SignUpClosed() {
		page.Script = "landing.js"
		if shown.TrialDays > 0 {
			page.Links = slices.Insert(page.Links, 1, web.Link{Address: "#trial", Text: "Trial"})
		}
	}
	return p.Show(w, r, page)
}

func newLandingPage(platform *v1alpha1.Platform) landingPage {
	days := platform.TrialDays()
	shown := landingPage{
		Domain: string(platform.Spec.Domains[0]), Invite: platform.RegistrationMode() == v1alpha1.RegistrationInvite,
		TrialDays: days, Period: period(days), GraceDays: platform.GraceDays(),
		OwnDomain: platform.CustomDomainPolicy() != v1alpha1.CustomDomainsListed,
	}
	limits := platform.LimitsOf(&v1alpha1.Tenant{})
	if limits.Posts != nil {
		shown.Posts = strconv.FormatInt(*limits.Posts, 10)
	}
	if limits.Storage != nil {
		shown.Storage = formatBytes(limits.Storage.Value())
	}
	return shown
}

// formatBytes formats a limit, such as "100 MB".
func formatBytes(n int64) string {
	if n >= 1<<30 {
		return strconv.FormatInt(n>>30, 10) + " GB"
	}
	return strconv.FormatInt(n>>20, 10) + " MB"
}

// period begins a heading with a number of days, such as "Fourteen days".
func period(days int) string {
	words := map[int]string{1: "One day", 7: "Seven days", 10: "Ten days", 14: "Fourteen days", 15: "Fifteen days", 20: "Twenty days", 30: "Thirty days"}
	if spelled, ok := words[days]; ok {
		return spelled
	}
	return strconv.Itoa(days) + " days"
}
