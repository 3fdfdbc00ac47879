package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

// ErrNotOwner is returned when a user does not own a blog, or the blog no longer exists.
var ErrNotOwner = errors.New("the user does not own this blog")

// ReadOnlyError is returned when the owner of a blog cannot change it.
type ReadOnlyError struct {
	// Suspended says that readers cannot see the blog either.
	Suspended bool
	// PaidUntil is the last paid day, and SuspendAt the time from which the blog is suspended.
	PaidUntil, SuspendAt time.Time
}

func (e *ReadOnlyError) Error() string {
	if e.Suspended {
		return "the blog is suspended"
	}
	return "the plan of the blog ended on " + e.PaidUntil.Format(time.DateOnly)
}

// CheckWritable returns a *ReadOnlyError if the owner of a blog cannot change it.
func CheckWritable(blog *directory.Entry, now time.Time) error {
	if suspended := blog.Suspended(now); suspended || !blog.Paid(now) {
		return &ReadOnlyError{suspended, blog.PaidUntil, blog.SuspendAt}
	}
	return nil
}

// Authorize returns the quota of a blog that a user can change at the time now. Otherwise it returns ErrNotOwner or a
// *ReadOnlyError. It reads the registry, because a Directory can be seconds old.
func Authorize(ctx context.Context, db postgres.Querier, tenantID int64, username string, now time.Time) (Quota, error) {
	found, err := directory.ReadByID(ctx, db, []int64{tenantID})
	switch {
	case err != nil:
		return Quota{}, fmt.Errorf("authorize %s: %w", username, err)
	case len(found) == 0 || !found[0].Live() || found[0].Owner != username || username == "":
		return Quota{}, ErrNotOwner
	}
	blog := &found[0]
	return Quota{MaxPosts: blog.MaxPosts, MaxStorageBytes: blog.MaxStorageBytes}, CheckWritable(blog, now)
}
