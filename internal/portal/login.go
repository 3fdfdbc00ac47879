package portal

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Logins that fail are slowed down as Ghost does it: some are free, then each waits twice as long as the one before.
// An address may belong to many people, so it has more of them than an account.
var (
	loginsByAccount = ratelimit.Limit{Kind: "login-account", Free: 4, Window: 7 * 24 * time.Hour, First: 10 * time.Minute, Longest: 7 * 24 * time.Hour}
	loginsByAddress = ratelimit.Limit{Kind: "login-address", Free: 40, Window: time.Hour, First: 10 * time.Minute, Longest: 24 * time.Hour}
)

// wrongLogin is what is said whether or not there is such an account.
const wrongLogin = "The user name, the address or the password is wrong."

func (p *Portal) loginRoutes() map[string]handler {
	return map[string]handler{
		"GET /{$}":         p.front,
		"GET /login/{$}":   p.showLogin,
		"POST /login/{$}":  p.login,
		"GET /logout/{$}":  member(p.showLogout),
		"POST /logout/{$}": member(p.logout),
	}
}

// front is the landing page, and the home page of who is logged in.
func (p *Portal) front(w http.ResponseWriter, r *visit) error {
	if r.User == nil {
		return p.show(w, r, page{name: "landing", title: siteName, home: true})
	}
	return p.home(w, r)
}

func (p *Portal) showLogin(w http.ResponseWriter, r *visit) error {
	if r.User != nil {
		redirect(w, r, localPath(r.URL.Query().Get("next")))
		return nil
	}
	f := newForm(r)
	f.Values["next"] = localPath(r.URL.Query().Get("next"))
	return p.loginForm(w, r, f, http.StatusOK)
}

func (p *Portal) loginForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	if err := p.allowHandOver(w, r, f.Values["next"]); err != nil {
		return err
	}
	return p.show(w, r, page{name: "login", title: "Log in", data: f, status: status})
}

func (p *Portal) login(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "username", "next")
	f.Values["next"] = localPath(f.Values["next"])
	password := r.PostFormValue("password")
	if f.Values["username"] == "" || password == "" {
		f.refuse("", "Fill in your user name and password.")
		return p.loginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	user, err := p.authenticate(r, f.Values["username"], password)
	switch {
	case err != nil:
		return err
	case user == nil:
		p.metrics.logins.WithLabelValues("refused").Inc()
		f.refuse("", wrongLogin)
		return p.loginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	if sentence, err := p.whyNot(r, user); err != nil {
		return err
	} else if sentence != "" {
		p.metrics.logins.WithLabelValues("refused").Inc()
		f.refuse("", sentence)
		return p.loginForm(w, r, f, http.StatusUnprocessableEntity)
	}
	if err := p.logIn(w, r, user.ID); err != nil {
		return err
	}
	p.metrics.logins.WithLabelValues("succeeded").Inc()
	redirect(w, r, f.Values["next"])
	return nil
}

// authenticate returns the user with a login and a password, or nil when there is none, which takes as long. It counts
// the attempt first, so that many at once are no way around the limit.
func (p *Portal) authenticate(r *visit, login, password string) (*account.User, error) {
	key := web.Shorten(account.EmailKey(login))
	if err := p.attempt(r, loginsByAddress, r.Address); err != nil {
		return nil, err
	}
	if err := p.attempt(r, loginsByAccount, key); err != nil {
		return nil, err
	}
	user, err := account.FindUser(r.Context(), p.db, key)
	if err != nil && !errors.Is(err, account.ErrNotFound) {
		return nil, err
	}
	right, err := p.hasher.Verify(r.Context(), password, user.PasswordHash)
	if err != nil {
		return nil, fmt.Errorf("check a password: %w", err)
	}
	if !right {
		return nil, nil
	}
	if err := ratelimit.Reset(r.Context(), p.db, loginsByAccount, key); err != nil {
		return nil, err
	}
	// Whoever logs in to an account of their own now and then gets no more attempts at those of others.
	if err := ratelimit.Refund(r.Context(), p.db, loginsByAddress, r.Address); err != nil {
		return nil, err
	}
	return &user, nil
}

// attempt counts an attempt against a limit.
func (p *Portal) attempt(r *visit, limit ratelimit.Limit, subject string) error {
	return ratelimit.Take(r.Context(), p.db, limit, subject, r.Now)
}

// whyNot says, to somebody who has the right password, why they cannot log in. Empty: they can.
func (p *Portal) whyNot(r *visit, user *account.User) (string, error) {
	switch user.State {
	case account.Registering:
		return "Your blog is still being made. Try again in a minute.", nil
	case account.Locked:
		return "This account is locked. Ask those who run the site.", nil
	}
	may, err := account.MayLogIn(r.Context(), p.db, user.ID)
	if err != nil || may {
		return "", err
	}
	return p.whyNoBlog(r, user)
}

// whyNoBlog says what became of the blog of somebody who has none that is live, and what they can do.
func (p *Portal) whyNoBlog(r *visit, user *account.User) (string, error) {
	kept, err := tenancy.NewReader(p.db).ListTombstonesOf(r.Context(), user.Username, r.Now)
	switch {
	case err != nil:
		return "", err
	case len(kept) > 0 && kept[0].State == tenancy.StateTombstone:
		return fmt.Sprintf("Your blog %s was deleted. Until %s those who run the site can bring it back: ask them. Afterwards this account is removed, too.",
			kept[0].Name, day(kept[0].PurgeAt)), nil
	case len(kept) > 0:
		return fmt.Sprintf("Your blog %s was deleted, and another one has its name. Until %s its posts are kept: ask those who run the site for them. Afterwards this account is removed, too.",
			kept[0].Name, day(kept[0].PurgeAt)), nil
	}
	switch has, err := p.tenants.HasBlog(r.Context(), user.Username); {
	case err != nil:
		return "", err
	case has:
		return "Your blog is not there yet, or not any more. Try again in a minute; if that does not help, ask those who run the site.", nil
	}
	return "This account has no blog any more. A week after its last one ended it is removed. If that is a mistake, ask those who run the site.", nil
}

// logIn starts a session and gives the browser its cookie. A session that it had before ends.
func (p *Portal) logIn(w http.ResponseWriter, r *visit, userID int64) error {
	if r.Session != nil {
		if err := account.EndSession(r.Context(), p.db, r.User.ID, r.Session.ID); err != nil {
			return err
		}
	}
	token, err := account.StartSession(r.Context(), p.db, userID, r.Address, r.UserAgent(), r.Now)
	if err != nil {
		return err
	}
	p.setCookie(w, r, sessionCookie, token, account.SessionLife)
	return nil
}

func (p *Portal) showLogout(w http.ResponseWriter, r *visit) error {
	return p.show(w, r, page{name: "logout", title: "Log out"})
}

// logout ends the session, and with it those on blogs that came from it.
func (p *Portal) logout(w http.ResponseWriter, r *visit) error {
	if err := account.EndSession(r.Context(), p.db, r.User.ID, r.Session.ID); err != nil {
		return err
	}
	p.clearCookie(w, r, sessionCookie)
	redirect(w, r, "/")
	return nil
}
