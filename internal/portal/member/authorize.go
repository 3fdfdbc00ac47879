package member

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/internal/web"
)

// authorizeRoutes are the pages through which a user logs in to a blog.
func (p *Pages) authorizeRoutes() site.Routes {
	return site.Routes{
		"GET " + site.AuthorizePath + "{$}": p.authorize,
	}
}

// authorize sends the owner of a blog back to it with a code that the blog redeems for a session.
func (p *Pages) authorize(w http.ResponseWriter, r *site.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	query := r.URL.Query()
	code, blog, err := p.Accounts.AuthorizeBlog(r.Context(), r.User, r.Session, query.Get("host"), query.Get("challenge"))
	var (
		notOwner *account.NotOwnerError
		unproven *account.UnprovenHostError
	)
	switch {
	case errors.Is(err, account.ErrNotFound):
		return &site.PageError{
			Status: http.StatusNotFound, Title: "Blog not found", Lead: "The link is wrong, or the blog was deleted.",
			Steps: []string{"Open the blog and choose \"Write\" at the bottom of a page."},
		}
	case errors.As(err, &notOwner):
		return errNotOwner(r, notOwner)
	case errors.As(err, &unproven):
		return errUnprovenHost(r, unproven, query.Get("next"))
	case err != nil:
		return err
	}
	answer := url.Values{"code": {code}, "next": {web.LocalPath(query.Get("next"), "/")}}
	web.SeeOtherSite(w, r.Request, naming.URL(r.Platform.Spec.PublicURL, blog.Host), "/login/callback?"+answer.Encode())
	return nil
}

func errNotOwner(r *site.Request, e *account.NotOwnerError) error {
	return &site.PageError{
		Status: http.StatusForbidden, Title: "This blog belongs to another account",
		Lead: fmt.Sprintf("You are logged in as %s. Only the owner of %s can write there.", r.User.Username, e.Blog.Title),
		Steps: []string{
			"If the blog is yours, log out, log in with the account that owns it, and choose \"Write\" on the blog again.",
			"If you think this is a mistake, contact support.",
		},
		Link: &web.Link{Address: "/logout/", Text: "Log out"},
	}
}

func errUnprovenHost(r *site.Request, e *account.UnprovenHostError, next string) error {
	reason := fmt.Sprintf("We could not find the TXT record that proves that %s is yours, so we cannot log you in there.", e.Blog.Host)
	if e.Answer == domainproof.Silent {
		reason = fmt.Sprintf("The DNS servers of %s did not answer, so we could not check that the domain is yours, and cannot log you in there.", e.Blog.Host)
	}
	login := "/login/?" + url.Values{"next": {web.LocalPath(next, "/")}}.Encode()
	return &site.PageError{
		Status: http.StatusForbidden, Title: "Log in at another address of your blog", Lead: reason,
		Steps: []string{
			fmt.Sprintf("Log in at %s instead.", e.PrimaryHost),
			"The settings of your blog show the record and its state.",
		},
		Link: &web.Link{Address: naming.URL(r.Platform.Spec.PublicURL, e.PrimaryHost) + login, Text: "Log in at " + e.PrimaryHost},
	}
}
