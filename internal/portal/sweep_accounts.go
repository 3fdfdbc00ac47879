package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// accountsInterval is how often accounts are looked for that are to be removed, and accountsAtOnce how many are read
	// at a time.
	accountsInterval = 30 * time.Second
	accountsAtOnce   = 100
)

// sweepAccounts removes accounts of whose owners there has been no blog for a while, until ctx ends. Blogs of those who have not
// confirmed their address in time, and never wrote, are deleted first; their accounts follow when the blogs are gone.
func (p *Portal) sweepAccounts(ctx context.Context) {
	p.every(ctx, accountsInterval, "remove accounts", func(ctx context.Context) error {
		if !p.tenants.Synced(ctx) {
			return nil
		}
		return errors.Join(
			p.eachRemovable(ctx, account.ListUnconfirmed, p.discardUnconfirmed),
			account.NoteBlogless(ctx, p.db, p.now()),
			p.eachRemovable(ctx, account.ListBlogless, p.removeBlogless),
		)
	})
}

// eachRemovable does some work on the accounts that list returns, a page of them at a time.
func (p *Portal) eachRemovable(
	ctx context.Context, list func(context.Context, postgres.Querier, int64, int, time.Time) ([]account.Removable, error),
	work func(context.Context, []account.Removable) error,
) error {
	var failed error
	for last := int64(0); ; {
		users, err := list(ctx, p.db, last, accountsAtOnce, p.now())
		if err != nil {
			return errors.Join(failed, err)
		}
		if len(users) > 0 {
			failed = errors.Join(failed, work(ctx, users))
			last = users[len(users)-1].ID
		}
		if len(users) < accountsAtOnce {
			return failed
		}
	}
}

func (p *Portal) discardUnconfirmed(ctx context.Context, users []account.Removable) error {
	var failed error
	for _, user := range users {
		if err := p.discardBlogOf(ctx, user); err != nil {
			failed = errors.Join(failed, fmt.Errorf("delete the blog of the unconfirmed account %s: %w", user.Username, err))
		}
	}
	return failed
}

// discardBlogOf deletes the blog that a registration has made for a user. Who has another blog as well, or one that was
// not made by a registration, keeps it.
func (p *Portal) discardBlogOf(ctx context.Context, user account.Removable) error {
	owned, err := p.tenants.OwnedBy(ctx, user.Username)
	if err != nil {
		return err
	}
	for i := range owned {
		if owned[i].Name != user.Username || tenants.RegistrationID(&owned[i]) == "" {
			return nil
		}
	}
	tenant, err := p.tenants.GetLive(ctx, user.Username)
	switch {
	case errors.Is(err, tenants.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !tenants.IsOwner(tenant, user.Username) || tenants.RegistrationID(tenant) == "":
		return nil
	}
	if err := p.tenants.Discard(ctx, tenant); err != nil {
		return err
	}
	if tenant.DeletionTimestamp.IsZero() {
		p.log.LogAttrs(ctx, slog.LevelInfo, "Deleting a blog whose owner has not confirmed the address in time", slog.String("username", user.Username))
	}
	return nil
}

// removeBlogless removes the accounts of users of whom the API server has no Tenant either. The watch rules out most; it
// may be behind, so that the rest is looked up past it. A Tenant that is made in the moment between that look and the
// removal has an owner without an account, whom it invites like any other.
func (p *Portal) removeBlogless(ctx context.Context, users []account.Removable) error {
	var gone []account.Removable
	for _, user := range users {
		has, err := p.tenants.HasBlog(ctx, user.Username)
		if err != nil {
			return err
		}
		if !has {
			gone = append(gone, user)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	names, err := p.tenants.LiveNames(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, user := range gone {
		if names[user.Username] {
			continue
		}
		removed, err := account.RemoveBlogless(ctx, p.db, user.ID, p.now())
		failed = errors.Join(failed, err)
		if removed {
			p.metrics.accountsRemoved.Inc()
			p.log.LogAttrs(ctx, slog.LevelInfo, "Removed an account that had no blog any more", slog.String("username", user.Username))
		}
	}
	return failed
}
