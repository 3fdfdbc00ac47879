package blog

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/internal/web"
)

// verifierLife is how long a login may take, the password included.
const verifierLife = 10 * time.Minute

// login asks the public site who this is. The cookie of this host is what makes the answer useless to anybody else.
func (s *site) login(w http.ResponseWriter, r *ownerRequest) error {
	next := localPath(r.URL.Query().Get("next"))
	if err := s.identify(r); err != nil {
		return err
	}
	switch {
	case r.username != "":
		seeOther(w, r, next)
		return nil
	case r.tenant.publicURL == "":
		s.noPublicSite(w, r.tenant)
		return nil
	}
	verifier := secret.New()
	r.setCookie(w, verifierCookie, verifier, verifierLife)
	ask := url.Values{"host": {r.host}, "challenge": {account.Challenge(verifier)}, "next": {next}}
	seeOther(w, r, r.tenant.publicURL+"/authorize/?"+ask.Encode())
	return nil
}

// callback takes the public site's answer.
func (s *site) callback(w http.ResponseWriter, r *ownerRequest) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address has the code in it
	query := r.URL.Query()
	next := localPath(query.Get("next"))
	verifier := r.cookie(verifierCookie)
	if verifier == "" {
		s.noLogin(w, r, next)
		return nil
	}
	ctx, cancel := r.statementContext()
	defer cancel()
	token, err := account.RedeemLoginCode(ctx, s.pool, query.Get("code"), verifier, r.tenant.ID, r.host, r.now)
	switch {
	case errors.Is(err, account.ErrNotFound):
		s.noLogin(w, r, next)
		return nil
	case err != nil:
		return err
	}
	r.setCookie(w, verifierCookie, "", 0)
	r.setCookie(w, sessionCookie, token, account.BlogSessionLife)
	seeOther(w, r, next)
	return nil
}

func (s *site) showLogout(w http.ResponseWriter, r *ownerRequest) error {
	if err := s.identify(r); err != nil {
		return err
	}
	if r.username == "" {
		seeOther(w, r, "/")
		return nil
	}
	return s.show(w, r, ownerView{name: "logout", title: "Log out"})
}

// logout ends the session on this blog. That of the public site, and those on other blogs, go on.
func (s *site) logout(w http.ResponseWriter, r *ownerRequest) error {
	if token := r.cookie(sessionCookie); token != "" {
		ctx, cancel := r.statementContext()
		defer cancel()
		if err := account.EndBlogSession(ctx, s.pool, token, r.tenant.ID); err != nil {
			return err
		}
		r.setCookie(w, sessionCookie, "", 0)
	}
	seeOther(w, r, "/")
	return nil
}

// register leads to where new blogs are made.
func (s *site) register(w http.ResponseWriter, r *ownerRequest) error {
	if r.tenant.publicURL == "" {
		s.noPublicSite(w, r.tenant)
		return nil
	}
	seeOther(w, r, r.tenant.publicURL+"/register/")
	return nil
}

func (s *site) noLogin(w http.ResponseWriter, r *ownerRequest, next string) {
	s.look.Send(w, web.Message{
		Page:   r.tenant.page("This login came to nothing"),
		Status: http.StatusForbidden,
		Lead:   "It took too long, was used already, or was begun in another browser.",
		Steps:  []string{"Begin once more. If it comes to nothing again, let your browser keep cookies of this site."},
		Link:   &web.Link{Address: loginPath + "?next=" + url.QueryEscape(next), Text: "Log in"},
	})
}

func (s *site) noPublicSite(w http.ResponseWriter, t *tenant) {
	s.look.Send(w, web.Message{
		Page:       t.page("Nobody can log in right now"),
		Status:     http.StatusServiceUnavailable,
		Lead:       "The public site of this platform, where accounts are, has no address yet.",
		Steps:      []string{"Try again in a minute, or ask those who run the site."},
		Contact:    s.contact(),
		RetryAfter: time.Minute,
	})
}

func (s *site) crossOrigin(w http.ResponseWriter, t *tenant) {
	s.look.Send(w, web.Message{
		Page:   t.page("That came from another site"),
		Status: http.StatusForbidden,
		Lead:   "Nothing was changed: the form was not one of this blog's.",
		Steps:  []string{"Open the page here and do it again."},
	})
}
