package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/portal/site"
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

func (p *Pages) showUsers(w http.ResponseWriter, r *site.Request) error {
	shown := usersPage{Text: searchText(r)}
	users, err := p.Accounts.SearchUsers(r.Context(), shown.Text, plainText(web.Shorten(r.URL.Query().Get("after"))), usersPerPage)
	if err != nil {
		return err
	}
	for i := range users {
		shown.Users = append(shown.Users, viewOfUser(&users[i]))
	}
	if len(users) == usersPerPage {
		shown.After = "/staff/users/?q=" + url.QueryEscape(shown.Text) + "&after=" + url.QueryEscape(users[len(users)-1].Username)
	}
	return p.Show(w, r, site.Page{Name: "users", Title: "Users", Data: shown})
}

// deletedView is a deleted blog of a user.
type deletedView struct {
	Name    string
	PurgeAt time.Time
}

// userPage is the page of a user.
type userPage struct {
	userView
	StateWords, Confirmed string
	Sessions              int
	// Blogs are the names of the user's blogs.
	Blogs []string
	// Deleted are the deleted blogs whose data is retained.
	Deleted []deletedView
	Audit   []auditView
	// Removed says when the account is removed. Empty: it is not, as long as the user has a blog or is staff.
	Removed string
	// CanReset, CanLock and CanUnlock report which changes are possible. Staff cannot lock themselves.
	CanReset, CanLock, CanUnlock bool
}

func (p *Pages) showUser(w http.ResponseWriter, r *site.Request) error {
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
		shown.Confirmed = web.Moment(user.ConfirmedAt)
	}
	sessions, err := p.Accounts.Sessions(r.Context(), user.ID)
	if err != nil {
		return err
	}
	shown.Sessions = len(sessions)
	blogs, err := p.Tenants.OwnedBy(r.Context(), site.Person(&user))
	if err != nil {
		return err
	}
	for i := range blogs {
		shown.Blogs = append(shown.Blogs, blogs[i].Name)
	}
	deleted, err := p.Accounts.DeletedBlogs(r.Context(), user.Username)
	if err != nil {
		return err
	}
	for _, blog := range deleted {
		shown.Deleted = append(shown.Deleted, deletedView{Name: blog.Name, PurgeAt: blog.PurgeAt})
	}
	if len(blogs) == 0 {
		shown.Removed = removalOf(&user, deleted)
	}
	entries, err := p.Audit.ByUser(r.Context(), user.Username, auditPageSize)
	if err != nil {
		return err
	}
	shown.Audit = viewsOfAudit(entries)
	return p.Show(w, r, site.Page{Name: "user", Title: user.Username, Data: shown})
}

// removalOf says when the account of a user without a blog is removed. It returns "" if it is not.
func removalOf(user *account.User, deleted []account.DeletedBlog) string {
	switch {
	case user.Role == account.Staff, user.State == account.Registering:
		return ""
	case user.State == account.Locked:
		return "not while it is locked"
	case len(deleted) == 0:
		return "a week after its last blog was removed"
	}
	return "after " + web.Day(account.RemovalAfter(deleted, time.Time{})) + ", unless a blog is restored"
}

// staffUser returns the user that a page is about.
func (p *Pages) staffUser(r *site.Request) (account.User, error) {
	name := plainText(r.PathValue("username"))
	user, err := p.Accounts.User(r.Context(), name)
	if errors.Is(err, account.ErrNotFound) {
		err = errNoAccount(name)
	}
	return user, err
}

func errNoAccount(username string) error {
	return &site.PageError{
		Status: http.StatusNotFound, Title: "Account not found", Lead: fmt.Sprintf("No account has the user name %s.", web.Shorten(username)),
		Steps: []string{
			"If a tenant names this owner, run kubectl echoblogs invite with the name of the tenant: it prints a link for the owner to create the account.",
			"If the account was removed, the audit log still has its name.",
		},
		Link: &web.Link{Address: "/staff/?q=" + url.QueryEscape(web.Shorten(username)), Text: "Tenants of " + web.Shorten(username)},
	}
}

func (p *Pages) lockUser(w http.ResponseWriter, r *site.Request) error {
	return p.changeUser(w, r, p.Accounts.Lock, site.NoticeLocked)
}

func (p *Pages) unlockUser(w http.ResponseWriter, r *site.Request) error {
	return p.changeUser(w, r, p.Accounts.Unlock, site.NoticeUnlocked)
}

func (p *Pages) sendReset(w http.ResponseWriter, r *site.Request) error {
	return p.changeUser(w, r, p.Accounts.SendReset, site.NoticeResetSent)
}

// changeUser makes a change to the user that a page is about, and redirects to their page.
func (p *Pages) changeUser(w http.ResponseWriter, r *site.Request, change func(ctx context.Context, actor, username string) error, notice site.Notice) error {
	username := plainText(r.PathValue("username"))
	switch err := change(r.Context(), r.User.Username, username); {
	case errors.Is(err, account.ErrNotFound):
		return errNoAccount(username)
	case errors.Is(err, account.ErrSelf):
		return &site.PageError{
			Status: http.StatusUnprocessableEntity, Title: "You cannot lock yourself", Lead: "Nothing was changed.", Steps: []string{"Ask another member of staff to lock your account."},
		}
	case errors.Is(err, account.ErrUnchanged):
		notice = site.NoticeUnchanged
	case err != nil:
		return err
	}
	site.RedirectWithNotice(w, r, userAddress(username), notice)
	return nil
}

func userAddress(username string) string { return "/staff/users/" + username + "/" }
