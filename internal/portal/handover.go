package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/web"
)

// authorizePath is where blogs send their owners to log in.
const authorizePath = "/authorize/"

// handoverRoutes are the pages by which a user logs in to a blog.
func (p *Portal) handoverRoutes() map[string]handler {
	return map[string]handler{
		"GET " + authorizePath + "{$}": requireLogin(p.authorize),
	}
}

// authorize sends the owner of a blog back to it with a code that the blog redeems for a session.
func (p *Portal) authorize(w http.ResponseWriter, r *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	query := r.URL.Query()
	code, blog, err := p.accounts.AuthorizeBlog(r.Context(), r.User, r.Session, query.Get("host"), query.Get("challenge"))
	var notOwner *account.NotOwnerError
	switch {
	case errors.Is(err, account.ErrNotFound):
		return &failure{
			status: http.StatusNotFound, title: "Blog not found", lead: "The link is wrong, or the blog was deleted.",
			steps: []string{"Open the blog and choose \"Write\" at the bottom of a page."},
		}
	case errors.As(err, &notOwner):
		return errNotOwner(r, notOwner)
	case err != nil:
		return err
	}
	answer := url.Values{"code": {code}, "next": {localPath(query.Get("next"))}}
	redirect(w, r, naming.URL(r.Platform.Spec.PublicURL, blog.Host)+"/login/callback?"+answer.Encode())
	return nil
}

func errNotOwner(r *visit, e *account.NotOwnerError) error {
	return &failure{
		status: http.StatusForbidden, title: "This blog belongs to another account",
		lead: fmt.Sprintf("You are logged in as %s. Only the owner of %s can write there.", r.User.Username, e.Blog.Title),
		steps: []string{
			"If the blog is yours, log out, log in with the account that owns it, and choose \"Write\" on the blog again.",
			"Otherwise contact support.",
		},
		link: &web.Link{Address: "/logout/", Text: "Log out"},
	}
}

// allowHandOver lets the login form redirect to the blog that requested the login: browsers apply the form-action of the
// page's policy to the redirects that follow the form.
func (p *Portal) allowHandOver(w http.ResponseWriter, r *visit, next string) error {
	to, err := url.Parse(next)
	if err != nil || to.Path != authorizePath {
		return nil //nolint:nilerr // next leads elsewhere
	}
	blog, err := p.accounts.BlogAt(r.Context(), to.Query().Get("host"))
	switch {
	case errors.Is(err, account.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	w.Header().Set("Content-Security-Policy",
		strings.Replace(web.FormsPolicy, "form-action 'self'", "form-action 'self' "+naming.URL(r.Platform.Spec.PublicURL, blog.Host), 1))
	return nil
}
