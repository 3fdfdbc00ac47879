package account

import (
	"context"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// TakeEdit counts a request of a user to change one of their blogs, or returns a *ratelimit.ExceededError.
func (s *Service) TakeEdit(ctx context.Context, userID int64) error {
	return ratelimit.Take(ctx, s.db, editsByAccount, strconv.FormatInt(userID, 10), s.now())
}
