package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/web"
)

// authorizePath is where blogs send their owners to log in.
const authorizePath = "/authorize/"

// handoverRoutes are the pages that a login passes from here to a blog by.
func (p *Portal) handoverRoutes() map[string]handler {
	return map[string]handler{
		"GET " + authorizePath + "{$}": member(p.authorize),
	}
}

// authorize sends the owner of a blog back to it with a code that the blog turns into a session of its own. The code is
// of use only to the browser that has the verifier of the challenge in a cookie, so it may stand in an address.
func (p *Portal) authorize(w http.ResponseWriter, r *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	query := r.URL.Query()
	challenge := query.Get("challenge")
	blog, host, err := p.blogAt(r, query.Get("host"))
	switch {
	case err != nil:
		return err
	case blog == nil || !account.IsChallenge(challenge):
		return &failure{
			status: http.StatusNotFound, title: "There is no blog to log in to", lead: "The link that led here is wrong, or the blog is gone.",
			steps: []string{"Open the blog, and choose \"Write\" at the foot of its pages."},
		}
	case blog.Owner != r.User.Username:
		return somebodyElses(r, blog)
	}
	code, err := account.IssueLoginCode(r.Context(), p.db, account.LoginCode{
		SessionID: r.Session.ID, TenantID: blog.ID, Host: host, Username: r.User.Username, Challenge: challenge,
	}, r.Now)
	if err != nil {
		return err
	}
	answer := url.Values{"code": {code}, "next": {localPath(query.Get("next"))}}
	redirect(w, r, naming.URL(r.Platform.Spec.PublicURL, host)+"/login/callback?"+answer.Encode())
	return nil
}

// blogAt returns the live blog that has a host, and the host as it is stored. nil: there is none.
func (p *Portal) blogAt(r *visit, host string) (*tenancy.Tenant, string, error) {
	host, err := naming.NormalizeHost(host)
	if err != nil {
		return nil, "", nil //nolint:nilerr // what is no host name has no blog
	}
	blog, err := tenancy.NewReader(p.db).FindByHost(r.Context(), host)
	switch {
	case errors.Is(err, tenancy.ErrNotFound):
		return nil, "", nil
	case err != nil:
		return nil, "", err
	}
	return &blog, host, nil
}

func somebodyElses(r *visit, blog *tenancy.Tenant) error {
	return &failure{
		status: http.StatusForbidden, title: "This blog is somebody else's",
		lead: fmt.Sprintf("You are logged in as %s, and %s does not belong to this account. Only its owner may write there.", r.User.Username, blog.DisplayName),
		steps: []string{
			"If it is yours under another account, log out here and log in with that one; then choose \"Write\" on the blog again.",
			"Otherwise ask those who run the site.",
		},
		link: &web.Link{Address: "/logout/", Text: "Log out"},
	}
}

// allowHandOver lets the login form of this page lead on to the blog that asked for the login: browsers hold the
// redirects that follow a form to the policy of the page that the form stands on.
func (p *Portal) allowHandOver(w http.ResponseWriter, r *visit, next string) error {
	to, err := url.Parse(next)
	if err != nil || to.Path != authorizePath {
		return nil //nolint:nilerr // next leads elsewhere
	}
	blog, host, err := p.blogAt(r, to.Query().Get("host"))
	if err != nil || blog == nil {
		return err
	}
	w.Header().Set("Content-Security-Policy",
		strings.Replace(web.FormsPolicy, "form-action 'self'", "form-action 'self' "+naming.URL(r.Platform.Spec.PublicURL, host), 1))
	return nil
}
