package portal

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxBody bounds a form, in bytes.
	maxBody = 64 << 10
	// handleTimeout bounds the work on one request.
	handleTimeout = 15 * time.Second
)

// visit is one request, with who makes it.
type visit struct {
	*http.Request
	// ID is the request's number, which stands in the log.
	ID string
	// Now is when it came.
	Now time.Time
	// Address is the client's.
	Address string
	// Platform is as it was last seen.
	Platform *v1alpha1.Platform
	// User and Session are of who is logged in. nil: nobody.
	User    *account.User
	Session *account.Session
	// Notice is a sentence about what the request before this one did. Empty: none.
	Notice string
}

// Staff reports whether a member of staff is logged in.
func (v *visit) Staff() bool { return v.User != nil && v.User.Role == account.Staff }

// Closed reports whether nobody may register.
func (v *visit) Closed() bool { return v.Platform.RegistrationMode() == v1alpha1.RegistrationClosed }

// Contact returns the address of support.
func (v *visit) Contact() web.Contact { return web.Contact(v.Platform.Spec.Contact) }

// handler answers a request, or returns an error before it has written anything: a *failure, or what went wrong.
type handler func(w http.ResponseWriter, r *visit) error

// visitor turns a handler into one for net/http: it finds out who asks, bounds what they send and how long it takes,
// and answers errors.
func (p *Portal) visitor(answer handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), handleTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v := &visit{Request: r, ID: web.RequestID(ctx), Now: p.now(), Address: p.address(r)}
		err := p.identify(w, v)
		if err == nil {
			err = answer(w, v)
		}
		if err != nil {
			p.fail(w, v, err)
		}
	})
}

// identify finds out which Platform this is, and who is logged in.
func (p *Portal) identify(w http.ResponseWriter, v *visit) error {
	var err error
	if v.Platform, err = p.tenants.Platform(v.Context()); err != nil {
		return err
	}
	if v.Method != http.MethodGet && v.Method != http.MethodHead {
		if err := v.ParseForm(); err != nil {
			return unreadableForm(err)
		}
		if !storable(v.PostForm) {
			return unreadableForm(errNoText)
		}
	}
	v.Notice = p.takeNotice(w, v)
	token := p.cookie(v, sessionCookie)
	if token == "" {
		return nil
	}
	session, user, err := p.accounts.Authenticate(v.Context(), token)
	switch {
	case errors.Is(err, account.ErrNotFound):
		p.clearCookie(w, v, sessionCookie)
		return nil
	case err != nil:
		return err
	}
	v.Session, v.User = &session, &user
	return nil
}

var errNoText = errors.New("a field is no text")

// storable reports whether all fields of a form are text as Postgres can hold it: UTF-8 without NUL.
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

// requireLogin redirects clients that are not logged in to the login page, which leads back.
func requireLogin(answer handler) handler {
	return func(w http.ResponseWriter, r *visit) error {
		if r.User == nil {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				return &failure{status: http.StatusForbidden, title: "You are logged out", lead: "Nothing was changed.", steps: []string{"Log in and try again."}}
			}
			redirect(w, r, "/login/?next="+queryEscape(r.URL.RequestURI()))
			return nil
		}
		return answer(w, r)
	}
}

// requireStaff refuses users who are not staff.
func requireStaff(answer handler) handler {
	return requireLogin(func(w http.ResponseWriter, r *visit) error {
		if !r.Staff() {
			return &failure{status: http.StatusForbidden, title: "This page is for staff", lead: "Your account does not have access to it."}
		}
		return answer(w, r)
	})
}

// address returns who asks: the peer, or the last address that a trusted proxy was asked by.
func (p *Portal) address(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := peer.Addr().Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && p.trusts(address); i-- {
		before, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		address = before.Unmap()
	}
	return network(address)
}

func (p *Portal) trusts(address netip.Addr) bool {
	for _, prefix := range p.options.TrustedProxies {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// network returns what counts as one address: of IPv6 the /64, which is what one customer has (RFC 6177).
func network(address netip.Addr) string {
	if address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
