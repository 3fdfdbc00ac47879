package site

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/secret"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxBody bounds a form, in bytes.
	maxBody = 64 << 10
	// handleTimeout bounds the work on one request.
	handleTimeout = 15 * time.Second
)

// Request is a request to the public site, with its user.
type Request struct {
	*http.Request
	// ID identifies the request in the log.
	ID string
	// Now is when it was received.
	Now time.Time
	// Address is the network address of the client, which rate limits count by.
	Address string
	// Platform is the Platform as it was last read.
	Platform *v1alpha1.Platform
	// User and Session are those of the current user. nil: the visitor is not logged in.
	User    *account.User
	Session *account.Session
	// Notice reports what the previous request did. Empty: nothing to report.
	Notice string

	// browserID is set by Browser.
	browserID string
}

// Person returns who a user is for the ownership of Tenants.
func Person(u *account.User) tenants.Person {
	return tenants.Person{Username: u.Username, Email: u.Email, Confirmed: !u.ConfirmedAt.IsZero()}
}

// Staff reports whether the user is a member of staff.
func (r *Request) Staff() bool { return r.User != nil && r.User.Role == account.Staff }

// SignUpClosed reports whether sign-up is closed.
func (r *Request) SignUpClosed() bool {
	return r.Platform.RegistrationMode() == v1alpha1.RegistrationClosed
}

// ByInvitation reports whether people need a registration code to sign up.
func (r *Request) ByInvitation() bool {
	return r.Platform.RegistrationMode() == v1alpha1.RegistrationInvite
}

// Contact is how to reach support.
func (r *Request) Contact() web.Contact { return web.Contact(r.Platform.Spec.Contact) }

// PublicURL returns the full URL of a page of the public site.
func (r *Request) PublicURL(path string) string { return URL(r.Platform, path) }

// Browser describes the browser that sent the request. Its ID is a new one if it has sent none: see KeepBrowserID.
func (r *Request) Browser() account.Browser {
	if r.browserID == "" {
		r.browserID = cmp.Or(r.CookieValue(browserCookie), secret.New())
	}
	return account.Browser{Address: r.Address, UserAgent: r.UserAgent(), Token: r.CookieValue(SessionCookie), ID: r.browserID}
}

// isSafe reports whether the request only reads.
func (r *Request) isSafe() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// read fills in the Platform, the form, the notice and the user of a request.
func (s *Site) read(w http.ResponseWriter, r *Request) error {
	var err error
	if r.Platform, err = s.options.Tenants.Platform(r.Context()); err != nil {
		return err
	}
	if err := s.options.Check(r.Context()); err != nil {
		return err
	}
	if !r.isSafe() {
		if !web.HasURLEncodedForm(r.Request) {
			return unreadableForm(errNotForm)
		}
		if err := r.ParseForm(); err != nil {
			return unreadableForm(err)
		}
		if !storable(r.PostForm) {
			return unreadableForm(errNotText)
		}
	}
	r.Notice = takeNotice(w, r)
	token := r.CookieValue(SessionCookie)
	if token == "" {
		return nil
	}
	session, user, err := s.options.Accounts.Authenticate(r.Context(), token)
	switch {
	case errors.Is(err, account.ErrNotFound):
		r.ClearCookie(w, SessionCookie)
		return nil
	case err != nil:
		return err
	}
	r.Session, r.User = &session, &user
	return nil
}

var (
	errNotForm = errors.New("the body is not a form")
	errNotText = errors.New("a field is not text")
)

// storable reports whether Postgres can store all fields of a form: UTF-8 without NUL.
func storable(form url.Values) bool {
	for _, values := range form {
		for _, value := range values {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return false
			}
		}
	}
	return true
}
