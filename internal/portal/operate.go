package portal

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// operatorName is who did, in the record of staff's acts, what was done by a command.
const operatorName = "portal staff add"

// Operations are what those who run a site do by commands, beside the site itself.
type Operations struct {
	db       *pgxpool.Pool
	tenants  *tenants.Client
	platform *v1alpha1.Platform
	options  Options
}

// NewOperations connects to the database and the API server that the options name.
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
	return &Operations{db: db, tenants: objects, platform: platform, options: o}, nil
}

// Close closes the connections to the database.
func (o *Operations) Close() { o.db.Close() }

// Invite returns a link by which the owner of a Tenant, who has no account yet, chooses a password. It works once.
func (o *Operations) Invite(ctx context.Context, name string) (link string, err error) {
	tenant, err := o.tenants.GetLive(ctx, name)
	if err != nil {
		return "", err
	}
	if tenant.Spec.Owner == nil {
		return "", fmt.Errorf("the Tenant %s names no owner: set spec.owner.username in its manifest", name)
	}
	row, err := tenancy.NewReader(o.db).Find(ctx, name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound) || err == nil && row.State != tenancy.StateLive:
		return "", fmt.Errorf("the Tenant %s has no blog yet: wait until it is Ready", name)
	case err != nil:
		return "", plainly("look up the blog of "+name, err)
	}
	owner := tenant.Spec.Owner.Username
	switch _, err := account.FindUser(ctx, o.db, owner); {
	case err == nil:
		return "", fmt.Errorf("the owner %s has an account: a password that was forgotten is set anew by a mail from %s", owner, siteURL(o.platform, "/reset/"))
	case !errors.Is(err, account.ErrNotFound):
		return "", plainly("look up the account of "+owner, err)
	}
	token, err := account.NewMailToken(ctx, o.db, account.PurposeInvite, account.MailToken{
		Tenant: name, Username: owner, Email: tenant.Spec.Owner.Email,
	}, o.options.Now())
	if err != nil {
		return "", plainly("make the link", err)
	}
	return siteURL(o.platform, "/invite/?token="+queryEscape(token)), nil
}

// AddStaff makes a member of staff of the account with a user name, which is made where there is none, and returns a
// link by which its owner chooses a password. It works once, and can be asked for again.
func (o *Operations) AddStaff(ctx context.Context, username, email string) (link string, err error) {
	if err := naming.CheckTenant(username); err != nil {
		return "", fmt.Errorf("the user name cannot be used: %w", err)
	}
	if sentence := checkEmail(email); sentence != "" {
		return "", fmt.Errorf("the address %q: %s", email, sentence)
	}
	var token string
	entry := audit.Entry{Actor: operatorName, Action: "add staff", Username: username}
	err = audit.NewLog(o.db, o.options.Now).InTx(ctx, entry, func(tx pgx.Tx) error {
		id, err := o.promote(ctx, tx, username, email)
		if err != nil {
			return err
		}
		token, err = account.NewMailToken(ctx, tx, account.PurposeReset, account.MailToken{UserID: id}, o.options.Now())
		return err
	})
	if err != nil {
		return "", plainly("add "+username+" to staff", err)
	}
	return siteURL(o.platform, "/reset/password/?token="+queryEscape(token)), nil
}

// promote makes a user a member of staff, and returns the id.
func (o *Operations) promote(ctx context.Context, tx pgx.Tx, username, email string) (int64, error) {
	now := o.options.Now()
	user, err := account.FindUser(ctx, tx, username)
	if errors.Is(err, account.ErrNotFound) {
		// Nobody knows a password of the account until its owner has chosen one.
		user = account.User{Username: username, Email: email, Role: account.Staff, State: account.Active, CreatedAt: now, ConfirmedAt: now}
		return account.InsertUser(ctx, tx, user)
	}
	switch {
	case err != nil:
		return 0, err
	case account.EmailKey(user.Email) != account.EmailKey(email):
		return 0, &account.TakenError{}
	case user.State != account.Active:
		return 0, fmt.Errorf("the account is %s: it has to be active first", user.State)
	}
	return user.ID, account.SetRole(ctx, tx, user.ID, account.Staff)
}

// plainly says what failed without the database driver's own words.
func plainly(what string, err error) error {
	if postgres.Code(err) != "" || account.Unavailable(err) {
		return fmt.Errorf("%s: %s", what, postgres.Explain(err))
	}
	return fmt.Errorf("%s: %w", what, err)
}
