package account

import (
	"context"
	"time"
)

// DeletedBlog is a user's deleted blog whose data is retained.
type DeletedBlog struct {
	Name string
	// PurgeAt is the time at which the data is purged.
	PurgeAt time.Time
}

// DeletedBlogs lists a user's deleted blogs whose data is retained: those whose names no other tenant has come first, and
// within each group the one that is retained longest.
func (s *Service) DeletedBlogs(ctx context.Context, username string) ([]DeletedBlog, error) {
	tombstones, err := s.registry.ListTombstonesOf(ctx, username, s.now())
	if err != nil {
		return nil, err
	}
	deleted := make([]DeletedBlog, 0, len(tombstones))
	for _, t := range tombstones {
		deleted = append(deleted, DeletedBlog{Name: t.Name, PurgeAt: t.PurgeAt})
	}
	return deleted, nil
}

// RemovalAfter returns the time after which an account without a live blog is removed: OrphanedLife after the data of its
// last deleted blog is purged, and after last.
func RemovalAfter(deleted []DeletedBlog, last time.Time) time.Time {
	for _, d := range deleted {
		if d.PurgeAt.After(last) {
			last = d.PurgeAt
		}
	}
	return last.Add(OrphanedLife)
}
