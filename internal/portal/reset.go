package portal

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Mails to who forgot a password are few, as in Ghost: four within an hour, then none for an hour.
var (
	resetsByAccount = ratelimit.Limit{Kind: "reset-account", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
	resetsByAddress = ratelimit.Limit{Kind: "reset-address", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}
)

// resetRoutes are the pages by which who forgot a password gets a new one.
func (p *Portal) resetRoutes() map[string]handler {
	return map[string]handler{
		"GET /reset/{$}":           p.showReset,
		"POST /reset/{$}":          p.askReset,
		"GET /reset/password/{$}":  p.showNewPassword,
		"POST /reset/password/{$}": p.setNewPassword,
	}
}

func (p *Portal) showReset(w http.ResponseWriter, r *visit) error {
	return p.show(w, r, page{name: "reset", title: "Forgotten password", data: newForm(r)})
}

// askReset queues a mail for whoever has the account. It does not look whether there is one: the answer, and how long it
// takes, are the same.
func (p *Portal) askReset(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "username")
	login := web.Shorten(account.EmailKey(f.Values["username"]))
	if login == "" {
		f.refuse("username", "Fill in your user name or your address.")
		return p.show(w, r, page{name: "reset", title: "Forgotten password", data: f, status: http.StatusUnprocessableEntity})
	}
	if err := p.attempt(r, resetsByAddress, r.Address); err != nil {
		return err
	}
	if err := p.attempt(r, resetsByAccount, login); err != nil {
		return err
	}
	if err := mail.Enqueue(r.Context(), p.db, mail.Reset{Login: login}, r.Now); err != nil {
		return err
	}
	p.outbox.Wake()
	return p.show(w, r, page{name: "reset-sent", title: "Look into your mails"})
}

// errUsedLink answers for a token that is good for nothing.
func errUsedLink(again string, steps ...string) error {
	f := &failure{status: http.StatusGone, title: "This link is used up", lead: "It was used already, or its time is over.", steps: steps}
	if again != "" {
		f.link = &web.Link{Address: again, Text: "Ask for another one"}
	}
	return f
}

// tokenUser returns the user whom a token is about, and leaves it usable.
func (p *Portal) tokenUser(r *visit, purpose account.Purpose, token string) (account.User, error) {
	found, err := account.FindMailToken(r.Context(), p.db, purpose, token, r.Now)
	if err != nil {
		return account.User{}, err
	}
	return account.UserByID(r.Context(), p.db, found.UserID)
}

func (p *Portal) showNewPassword(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	return p.newPasswordForm(w, r, f, 0)
}

func (p *Portal) newPasswordForm(w http.ResponseWriter, r *visit, f *form, status int) error {
	user, err := p.tokenUser(r, account.PurposeReset, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errUsedLink("/reset/")
	}
	if err != nil {
		return err
	}
	f.Values["username"] = user.Username
	return p.show(w, r, page{name: "reset-password", title: "Choose a new password", data: f, status: status})
}

// setNewPassword uses the token, and with it ends every session of the user.
func (p *Portal) setNewPassword(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "token")
	user, err := p.tokenUser(r, account.PurposeReset, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errUsedLink("/reset/")
	}
	if err != nil {
		return err
	}
	password := choosePassword(r, f, user.Username, user.Email)
	if !f.ok() {
		return p.newPasswordForm(w, r, f, http.StatusUnprocessableEntity)
	}
	err = p.changePassword(r, &user, password, 0, func(tx pgx.Tx) error {
		_, err := account.UseMailToken(r.Context(), tx, account.PurposeReset, f.Values["token"], r.Now)
		return err
	})
	if errors.Is(err, account.ErrNotFound) {
		return errUsedLink("/reset/")
	}
	if err != nil {
		return err
	}
	// Who had to wait because of wrong passwords has the right one now.
	for _, login := range []string{user.Username, account.EmailKey(user.Email)} {
		if err := ratelimit.Reset(r.Context(), p.db, loginsByAccount, login); err != nil {
			return err
		}
	}
	if r.User != nil && r.User.ID == user.ID {
		p.clearCookie(w, r, sessionCookie)
	}
	p.notice(w, r, "reset")
	redirect(w, r, "/login/")
	return nil
}

// choosePassword takes a new password, typed twice, from a form, and notes what is wrong with it.
func choosePassword(r *visit, f *form, username, email string) string {
	password := r.PostFormValue("password")
	if err := account.CheckPassword(password, username, email); err != nil {
		f.refuse("password", err.Error())
	} else if password != r.PostFormValue("confirm_password") {
		f.refuse("confirm_password", "The two passwords differ: type the same one twice.")
	}
	return password
}

// changePassword gives a user a new password, when allow agrees, and tells them by mail. Of their sessions it leaves the
// one to keep; 0: none.
func (p *Portal) changePassword(r *visit, user *account.User, password string, keep int64, allow func(pgx.Tx) error) error {
	hashed, err := p.hasher.Hash(r.Context(), password)
	if err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	err = pgx.BeginFunc(r.Context(), p.db, func(tx pgx.Tx) error {
		if err := allow(tx); err != nil {
			return err
		}
		if err := account.SetPassword(r.Context(), tx, user.ID, hashed, keep); err != nil {
			return err
		}
		return mail.Enqueue(r.Context(), tx, mail.PasswordChanged{UserID: user.ID}, r.Now)
	})
	if err != nil {
		return fmt.Errorf("change the password of user %d: %w", user.ID, err)
	}
	p.outbox.Wake()
	return nil
}
