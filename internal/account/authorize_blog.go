package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/echoblogs/echoblogs/internal/account/blogsession"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// Blog is a live blog at one of its hosts.
type Blog struct {
	TenantID int64
	// Host is the normalized host.
	Host string
	// Title is the display name, and Owner the name of the user who may write. Owner is empty if there is none.
	Title, Owner string
}

// NotOwnerError is returned when a user logs in to a blog that belongs to another user.
type NotOwnerError struct{ Blog Blog }

func (e *NotOwnerError) Error() string {
	return fmt.Sprintf("the blog at %s has another owner", e.Blog.Host)
}

// BlogAt returns the live blog at a host, or ErrNotFound.
func (s *Service) BlogAt(ctx context.Context, host string) (Blog, error) {
	_, b, err := s.blogAt(ctx, host)
	return b, err
}

// blogAt is BlogAt, and also returns the blog's tenant.
func (s *Service) blogAt(ctx context.Context, host string) (tenancy.Tenant, Blog, error) {
	host, err := naming.NormalizeHost(host)
	if err != nil {
		return tenancy.Tenant{}, Blog{}, ErrNotFound // no blog has such a host
	}
	tenant, err := s.registry.FindByHost(ctx, host)
	if errors.Is(err, tenancy.ErrNotFound) {
		err = ErrNotFound
	}
	return tenant, Blog{TenantID: tenant.ID, Host: host, Title: tenant.DisplayName, Owner: tenant.Owner}, err
}

// AuthorizeBlog issues a code that the blog at a host redeems to log in its owner, who has a session on the public site.
// challenge is the blogsession.Challenge of the verifier that the blog has stored in a cookie. The code is useless without
// that cookie, so it may be part of a URL. It goes to no host that may belong to another person. Errors are ErrNotFound,
// *NotOwnerError and *UnprovenHostError.
func (s *Service) AuthorizeBlog(ctx context.Context, user *User, session *Session, host, challenge string) (code string, b Blog, err error) {
	tenant, b, err := s.blogAt(ctx, host)
	if err != nil {
		return "", b, err
	}
	switch {
	case !blogsession.IsChallenge(challenge):
		return "", b, ErrNotFound
	case b.Owner != user.Username:
		return "", b, &NotOwnerError{Blog: b}
	}
	owns, err := s.blogs.Owns(ctx, user.Username, user.Email, !user.ConfirmedAt.IsZero(), tenant.Name)
	switch {
	case err != nil:
		return "", b, err
	case !owns:
		return "", b, &NotOwnerError{Blog: b}
	}
	if err := s.checkHost(ctx, tenant, b); err != nil {
		return "", b, err
	}
	code, err = blogsession.Issue(ctx, s.db, blogsession.Code{
		SessionID: session.ID, TenantID: b.TenantID, Host: b.Host, Username: user.Username, Challenge: challenge,
	}, s.now())
	return code, b, err
}
