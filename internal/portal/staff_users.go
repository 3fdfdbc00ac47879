package portal

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/web"
)

// usersPerPage is how many users stand on a page of the list.
const usersPerPage = 50

// userStateWords say what the state of a user means.
var userStateWords = map[account.UserState]string{
	account.Registering: "is registering: the blog is being made",
	account.Active:      "active",
	account.Locked:      "locked: cannot log in",
}

// usersPage is the list of users.
type usersPage struct {
	Text  string
	Users []account.User
	After string
}

func (p *Portal) showUsers(w http.ResponseWriter, r *visit) error {
	shown := usersPage{Text: searchText(r)}
	users, err := account.SearchUsers(r.Context(), p.db, shown.Text, plainText(web.Shorten(r.URL.Query().Get("after"))), usersPerPage)
	if err != nil {
		return err
	}
	shown.Users = users
	if len(users) == usersPerPage {
		shown.After = "/staff/users/?q=" + queryEscape(shown.Text) + "&after=" + queryEscape(users[len(users)-1].Username)
	}
	return p.show(w, r, page{name: "staff_users", title: "Users", data: shown})
}

// userPage is all about one user.
type userPage struct {
	User      account.User
	State     string
	Confirmed string
	Sessions  int
	Blogs     []v1alpha1.Tenant
	// Kept are the deleted blogs whose data is still there.
	Kept []tenancy.Tombstone
	Acts []audit.Entry
	// Ends says when the account is removed. Empty: not before its owner deletes a blog.
	Ends string
	// Self says that it is who looks at it, who cannot lock themselves out.
	Self bool
}

func (p *Portal) showUser(w http.ResponseWriter, r *visit) error {
	user, err := p.staffUser(r)
	if err != nil {
		return err
	}
	shown := userPage{User: user, State: userStateWords[user.State], Confirmed: "not yet", Self: user.ID == r.User.ID}
	if !user.ConfirmedAt.IsZero() {
		shown.Confirmed = moment(user.ConfirmedAt)
	}
	sessions, err := account.ListSessions(r.Context(), p.db, user.ID, r.Now)
	if err != nil {
		return err
	}
	shown.Sessions = len(sessions)
	if shown.Blogs, err = p.tenants.OwnedBy(r.Context(), user.Username); err != nil {
		return err
	}
	if shown.Kept, err = tenancy.NewReader(p.db).ListTombstonesOf(r.Context(), user.Username, r.Now); err != nil {
		return err
	}
	if len(shown.Blogs) == 0 {
		shown.Ends = endOf(user, shown.Kept)
	}
	if shown.Acts, err = p.audit.ByUser(r.Context(), user.Username, actsShown); err != nil {
		return err
	}
	return p.show(w, r, page{name: "staff_user", title: user.Username, data: shown})
}

// endOf says when the account of a user who has no blog is removed.
func endOf(user account.User, kept []tenancy.Tombstone) string {
	switch {
	case user.Role == account.Staff, user.State == account.Registering:
		return ""
	case user.State == account.Locked:
		return "not while it is locked, though it has no blog"
	case len(kept) == 0:
		return "a week after its last blog ended"
	}
	last := slices.MaxFunc(kept, func(a, b tenancy.Tombstone) int { return a.PurgeAt.Compare(b.PurgeAt) })
	return "after " + day(last.PurgeAt.Add(account.BloglessLife)) + ", unless a blog is restored"
}

// staffUser returns the user that a page is about.
func (p *Portal) staffUser(r *visit) (account.User, error) {
	name := plainText(r.PathValue("username"))
	user, err := account.FindUser(r.Context(), p.db, name)
	if errors.Is(err, account.ErrNotFound) || err == nil && user.Username != name {
		return user, &failure{
			status: http.StatusNotFound, title: "There is no such account", lead: fmt.Sprintf("Nobody has the user name %s.", web.Shorten(name)),
			link: &web.Link{Address: "/staff/users/", Text: "Users"},
		}
	}
	return user, err
}

func (p *Portal) lockUser(w http.ResponseWriter, r *visit) error {
	user, err := p.staffUser(r)
	switch {
	case err != nil:
		return err
	case user.ID == r.User.ID:
		return &failure{status: http.StatusUnprocessableEntity, title: "You cannot lock yourself", lead: "Nothing was changed.", steps: []string{"Have another member of staff do it."}}
	}
	return p.setUserState(w, r, user, account.Active, account.Locked, "lock", "locked")
}

func (p *Portal) unlockUser(w http.ResponseWriter, r *visit) error {
	user, err := p.staffUser(r)
	if err != nil {
		return err
	}
	return p.setUserState(w, r, user, account.Locked, account.Active, "unlock", "unlocked")
}

func (p *Portal) setUserState(w http.ResponseWriter, r *visit, user account.User, from, to account.UserState, action, notice string) error {
	next := userAddress(user.Username)
	if user.State != from {
		return p.unchanged(w, r, next)
	}
	return p.doInDatabase(w, r, audit.Entry{Action: action, Username: user.Username}, notice, next, func(tx pgx.Tx) error {
		return account.SetState(r.Context(), tx, user.ID, to)
	})
}

// sendReset mails a user a link by which they choose a new password. Staff sees neither.
func (p *Portal) sendReset(w http.ResponseWriter, r *visit) error {
	user, err := p.staffUser(r)
	if err != nil {
		return err
	}
	next := userAddress(user.Username)
	if user.State != account.Active {
		return p.unchanged(w, r, next)
	}
	act := audit.Entry{Action: "send a password reset", Username: user.Username}
	err = p.doInDatabase(w, r, act, "reset-sent", next, func(tx pgx.Tx) error {
		return mail.Enqueue(r.Context(), tx, mail.Reset{UserID: user.ID}, r.Now)
	})
	if err == nil {
		p.outbox.Wake()
	}
	return err
}

// doInDatabase changes the database and records it, and redirects to the page that shows it.
func (p *Portal) doInDatabase(w http.ResponseWriter, r *visit, act audit.Entry, notice, next string, work func(pgx.Tx) error) error {
	act.Actor = r.User.Username
	if err := p.audit.InTx(r.Context(), act, work); err != nil {
		return fmt.Errorf("%s, and record it: %w", act.Action, err)
	}
	p.notice(w, r, notice)
	redirect(w, r, next)
	return nil
}

func userAddress(username string) string { return "/staff/users/" + username + "/" }
