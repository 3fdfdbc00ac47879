// Package portaltest uses the public site as a browser does, and knows what its tests share.
package portaltest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// ErrNotYet is for conditions that say nothing about why they are not true yet.
var ErrNotYet = errors.New("not yet")

// NewStaff returns a client that is logged in as root-eve, a staff user.
func NewStaff(t *testing.T, p *stack.Platform, site *stack.Portal) *Client {
	t.Helper()
	return NewStaffAs(t, p, site, "root-eve")
}

// NewStaffAs is NewStaff with another name.
func NewStaffAs(t *testing.T, p *stack.Platform, site *stack.Portal, name string) *Client {
	t.Helper()
	AddUser(t, p, name, func(u *account.User) { u.Role = account.Staff })
	return LogIn(t, site, name, Password)
}

// Password is the password of every account that a test creates.
const Password = "correct horse battery"

// passwordHash is computed once: hashing a password is expensive on purpose.
var passwordHash = sync.OnceValues(func() (string, error) {
	return account.NewHasher().Hash(context.Background(), "", Password)
})

// AddAccount creates a Tenant, waits for it to be Ready, and creates an account for its owner, whose address is confirmed.
func AddAccount(t *testing.T, p *stack.Platform, name string, change ...func(*v1alpha1.Tenant)) int64 {
	t.Helper()
	tenant := &v1alpha1.Tenant{}
	tenant.Name = name
	tenant.Spec.Owner = &v1alpha1.TenantOwner{Username: name, Email: name + "@example.org"}
	for _, c := range change {
		c(tenant)
	}
	if err := errors.Join(p.Create(t.Context(), tenant), p.AwaitReady(t.Context(), name)); err != nil {
		t.Fatal(err)
	}
	return AddUser(t, p, name, func(u *account.User) { u.ConfirmedAt = u.CreatedAt })
}

// AddUser creates an account with an unconfirmed address. The public site removes it after a while if it has no blog and
// is not staff.
func AddUser(t *testing.T, p *stack.Platform, name string, change ...func(*account.User)) int64 {
	t.Helper()
	hashed, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	user := account.User{
		Username: name, Email: name + "@example.org", PasswordHash: hashed, Role: account.Author, State: account.Active, CreatedAt: time.Now(),
	}
	for _, c := range change {
		c(&user)
	}
	id, err := account.InsertUser(t.Context(), p.Admin, user)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// LogIn returns a client that is logged in.
func LogIn(t *testing.T, site *stack.Portal, name, password string) *Client {
	t.Helper()
	c := NewClient(t, site)
	c.Submit("/login/", "username", name, "password", password).Want(t, http.StatusOK, `<a href="/logout/">Log out</a>`)
	return c
}
