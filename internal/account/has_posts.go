package account

import (
	"context"
	"fmt"
)

// HasPosts reports whether one of the tenants with these names has ever had a post.
func (s *Service) HasPosts(ctx context.Context, tenants []string) (bool, error) {
	var has bool
	err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.tenants t JOIN public.first_posts f ON f.tenant_id = t.id
		WHERE t.name = ANY($1) AND t.state <> 'released')`, tenants).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("read first posts: %w", err)
	}
	return has, nil
}
