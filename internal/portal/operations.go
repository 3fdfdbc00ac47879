package portal

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// The actors of AddStaff and RemoveStaff in the audit log.
const (
	addStaffCommand    = "portal staff add"
	removeStaffCommand = "portal staff remove"
)

// Operations are the commands that administrators run in a pod of the site.
type Operations struct {
	accounts *account.Service
	tenants  *tenants.Client
	platform *v1alpha1.Platform
	close    func()
}

// NewOperations connects to the database and the API server.
func NewOperations(ctx context.Context, o Options) (*Operations, error) {
	o = withDefaults(o)
	objects, err := tenants.New(o.Kubernetes, o.Namespace, o.Platform)
	if err != nil {
		return nil, err
	}
	platform, err := objects.GetLivePlatform(ctx)
	if err != nil {
		return nil, err
	}
	db, err := postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: 2, ApplicationName: "echoblogs-portal"})
	if err != nil {
		return nil, err
	}
	return &Operations{accounts: account.New(account.Options{DB: db, Now: o.Now}), tenants: objects, platform: platform, close: db.Close}, nil
}

// Close closes the connections to the database.
func (o *Operations) Close() { o.close() }

// Invite returns a link with which the owner of a Tenant can create their account. It works once.
func (o *Operations) Invite(ctx context.Context, name string) (link string, err error) {
	tenant, err := o.tenants.GetLive(ctx, name)
	if err != nil {
		return "", err
	}
	owner := tenant.Spec.Owner
	if owner == nil {
		return "", fmt.Errorf("the Tenant %s has no owner: set spec.owner.username in its manifest", name)
	}
	token, err := o.accounts.CreateInvitation(ctx, account.Invitation{Tenant: name, Username: owner.Username, Email: naming.ASCIIEmail(owner.Email)})
	switch {
	case errors.Is(err, account.ErrNoBlog):
		return "", fmt.Errorf("the Tenant %s has no blog yet: wait until it is Ready", name)
	case errors.Is(err, account.ErrHasAccount):
		return "", fmt.Errorf("the owner %s already has an account: they can reset a forgotten password at %s", owner.Username, site.URL(o.platform, "/reset/"))
	case err != nil:
		return "", fmt.Errorf("invite the owner of Tenant %s: %s", name, postgres.LogText(err))
	}
	return site.URL(o.platform, "/invite/?token="+url.QueryEscape(token)), nil
}

// AddStaff gives an account the role of staff, creating the account if it does not exist. It returns a link with which
// the user chooses a password: an account that becomes staff loses the one that it had. The link works once.
func (o *Operations) AddStaff(ctx context.Context, username, email string) (link string, err error) {
	token, err := o.accounts.AddStaff(ctx, addStaffCommand, username, email)
	var (
		name     *naming.NameError
		invalid  *account.InvalidError
		conflict *account.ConflictError
		inactive *account.InactiveError
	)
	switch {
	case errors.As(err, &name):
		return "", fmt.Errorf("the user name cannot be used: %w", name)
	case errors.As(err, &invalid):
		return "", fmt.Errorf("the email address cannot be used: %w", invalid)
	case errors.As(err, &conflict), errors.As(err, &inactive), errors.Is(err, account.ErrUnconfirmed), errors.Is(err, account.ErrUnchanged):
		return "", fmt.Errorf("add %s to staff: %w", username, err)
	case err != nil:
		return "", fmt.Errorf("add %s to staff: %s", username, postgres.LogText(err))
	}
	return site.URL(o.platform, "/reset/password/?token="+url.QueryEscape(token)), nil
}

// RemoveStaff takes the role of staff from an account, and returns a sentence that says so.
func (o *Operations) RemoveStaff(ctx context.Context, username string) (sentence string, err error) {
	switch err := o.accounts.RemoveStaff(ctx, removeStaffCommand, username); {
	case errors.Is(err, account.ErrNotFound):
		return "", fmt.Errorf("there is no account %q", username)
	case errors.Is(err, account.ErrUnchanged):
		return "", fmt.Errorf("the account %s is not staff", username)
	case err != nil:
		return "", fmt.Errorf("remove %s from staff: %s", username, postgres.LogText(err))
	}
	return fmt.Sprintf("%s is no longer staff. All browsers were logged out.", username), nil
}
