package portal

import (
	"errors"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// confirmsByAccount bounds how often somebody has the mail sent again by which they confirm their address.
var confirmsByAccount = ratelimit.Limit{Kind: "confirm-account", Free: 4, Window: time.Hour, First: time.Hour, Longest: time.Hour}

// confirmRoutes are the pages by which people confirm their addresses.
func (p *Portal) confirmRoutes() map[string]handler {
	return map[string]handler{
		"GET /confirm/{$}":          p.showConfirm,
		"POST /confirm/{$}":         p.confirm,
		"POST /account/confirm/{$}": member(p.askConfirm),
	}
}

var errUsedConfirmation = errUsedLink("/account/", "If your address is not confirmed yet, log in and have the mail sent again.")

// showConfirm shows a button and confirms nothing: programs that look at mails open the links in them.
func (p *Portal) showConfirm(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["token"] = r.URL.Query().Get("token")
	user, err := p.tokenUser(r, account.PurposeConfirm, f.Values["token"])
	if errors.Is(err, account.ErrNotFound) {
		return errUsedConfirmation
	}
	if err != nil {
		return err
	}
	f.Values["email"] = user.Email
	return p.show(w, r, page{name: "confirm", title: "Confirm your address", data: f})
}

func (p *Portal) confirm(w http.ResponseWriter, r *visit) error {
	var userID int64
	err := pgx.BeginFunc(r.Context(), p.db, func(tx pgx.Tx) error {
		token, err := account.UseMailToken(r.Context(), tx, account.PurposeConfirm, r.PostFormValue("token"), r.Now)
		if err != nil {
			return err
		}
		userID = token.UserID
		return account.ConfirmEmail(r.Context(), tx, userID, r.Now)
	})
	if errors.Is(err, account.ErrNotFound) {
		return errUsedConfirmation
	}
	if err != nil {
		return err
	}
	if err := p.signup.Confirmed(r.Context(), userID); err != nil {
		return err
	}
	p.notice(w, r, "confirmed")
	switch {
	case r.User != nil:
		redirect(w, r, "/")
	case p.cookie(r, registrationCookie) != "":
		redirect(w, r, "/register/progress/")
	default:
		redirect(w, r, "/login/")
	}
	return nil
}

// askConfirm has the mail sent again.
func (p *Portal) askConfirm(w http.ResponseWriter, r *visit) error {
	if r.User.ConfirmedAt.IsZero() {
		if err := p.attempt(r, confirmsByAccount, r.User.Username); err != nil {
			return err
		}
		if err := mail.Enqueue(r.Context(), p.db, mail.Confirm{UserID: r.User.ID}, r.Now); err != nil {
			return err
		}
		p.outbox.Wake()
	}
	p.notice(w, r, "mailed")
	redirect(w, r, "/account/")
	return nil
}
