package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/web"
)

// usersPerPage is how many users a page of the list shows.
const usersPerPage = 50

// userStateWords describe the states of a user.
var userStateWords = map[account.UserState]string{
	account.Registering: "registering: the blog is being created",
	account.Active:      "active",
	account.Locked:      "locked: cannot log in",
}

// userView is what staff see of an account.
type userView struct {
	Username, Email, State, Role string
	CreatedAt                    time.Time
}

func viewOfUser(u *account.User) userView {
	return userView{Username: u.Username, Email: u.Email, State: string(u.State), Role: string(u.Role), CreatedAt: u.CreatedAt}
}

// usersPage is the list of users.
type usersPage struct {
	Text  string
	Users []userView
	After string
}

func (p *Portal) showUsers(w http.ResponseWriter, r *visit) error {
	shown := usersPage{Text: searchText(r)}
	users, err := p.accounts.SearchUsers(r.Context(), shown.Text, plainText(web.Shorten(r.URL.Query().Get("after"))), usersPerPage)
	if err != nil {
		return err
	}
	for i := range users {
		shown.Users = append(shown.Users, viewOfUser(&users[i]))
	}
	if len(users) == usersPerPage {
		shown.After = "/staff/users/?q=" + queryEscape(shown.Text) + "&after=" + queryEscape(users[len(users)-1].Username)
	}
	return p.show(w, r, page{name: "staff_users", title: "Users", data: shown})
}

// userPage is what the page of a user shows.
type userPage struct {
	userView
	StateWords, Confirmed string
	Sessions              int
	// Blogs are the names of the user's blogs.
	Blogs []string
	// Deleted are the deleted blogs whose data is retained.
	Deleted []account.DeletedBlog
	Audit   []audit.Entry
	// Removed is when the account is removed. Empty: not before its owner deletes a blog.
	Removed string
	// CanReset, CanLock and CanUnlock report which changes are possible. Staff cannot lock themselves.
	CanReset, CanLock, CanUnlock bool
}

func (p *Portal) showUser(w http.ResponseWriter, r *visit) error {
	user, err := p.staffUser(r)
	if err != nil {
		return err
	}
	active := user.State == account.Active
	shown := userPage{
		userView: viewOfUser(&user), StateWords: userStateWords[user.State], Confirmed: "not yet",
		CanReset: active, CanLock: active && user.ID != r.User.ID, CanUnlock: user.State == account.Locked,
	}
	if !user.ConfirmedAt.IsZero() {
		shown.Confirmed = moment(user.ConfirmedAt)
	}
	sessions, err := p.accounts.Sessions(r.Context(), user.ID)
	if err != nil {
		return err
	}
	shown.Sessions = len(sessions)
	blogs, err := p.tenants.OwnedBy(r.Context(), user.Username)
	if err != nil {
		return err
	}
	for i := range blogs {
		shown.Blogs = append(shown.Blogs, blogs[i].Name)
	}
	if shown.Deleted, err = p.accounts.DeletedBlogs(r.Context(), user.Username); err != nil {
		return err
	}
	if len(blogs) == 0 {
		shown.Removed = removalOf(&user, shown.Deleted)
	}
	if shown.Audit, err = p.audit.ByUser(r.Context(), user.Username, auditPageSize); err != nil {
		return err
	}
	return p.show(w, r, page{name: "staff_user", title: user.Username, data: shown})
}

// removalOf returns when the account of a user without a blog is removed.
func removalOf(user *account.User, deleted []account.DeletedBlog) string {
	switch {
	case user.Role == account.Staff, user.State == account.Registering:
		return ""
	case user.State == account.Locked:
		return "not while it is locked, although it has no blog"
	case len(deleted) == 0:
		return "a week after its last blog was"
	}
	return "after " + day(account.RemovalAfter(deleted, time.Time{})) + ", unless a blog is restored"
}

// staffUser returns the user that a page is about.
func (p *Portal) staffUser(r *visit) (account.User, error) {
	name := plainText(r.PathValue("username"))
	user, err := p.accounts.User(r.Context(), name)
	if errors.Is(err, account.ErrNotFound) {
		err = errNoAccount(name)
	}
	return user, err
}

func errNoAccount(username string) error {
	return &failure{
		status: http.StatusNotFound, title: "Account not found", lead: fmt.Sprintf("No account has the user name %s.", web.Shorten(username)),
		link: &web.Link{Address: "/staff/users/", Text: "Users"},
	}
}

func (p *Portal) lockUser(w http.ResponseWriter, r *visit) error {
	return p.changeUser(w, r, p.accounts.Lock, "locked")
}

func (p *Portal) unlockUser(w http.ResponseWriter, r *visit) error {
	return p.changeUser(w, r, p.accounts.Unlock, "unlocked")
}

func (p *Portal) sendReset(w http.ResponseWriter, r *visit) error {
	return p.changeUser(w, r, p.accounts.SendReset, "reset-sent")
}

// changeUser makes a change to the user that a page is about, and redirects to their page.
func (p *Portal) changeUser(w http.ResponseWriter, r *visit, change func(ctx context.Context, actor, username string) error, notice string) error {
	username := plainText(r.PathValue("username"))
	switch err := change(r.Context(), r.User.Username, username); {
	case errors.Is(err, account.ErrNotFound):
		return errNoAccount(username)
	case errors.Is(err, account.ErrSelf):
		return &failure{
			status: http.StatusUnprocessableEntity, title: "You cannot lock yourself", lead: "Nothing was changed.", steps: []string{"Ask another member of staff to do it."},
		}
	case errors.Is(err, account.ErrUnchanged):
		notice = "unchanged"
	case err != nil:
		return err
	}
	p.notice(w, r, notice)
	redirect(w, r, userAddress(username))
	return nil
}

func userAddress(username string) string { return "/staff/users/" + username + "/" }
