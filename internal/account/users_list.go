package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// SearchUsers returns the users whose user name or address begins with a text, in the order of their user names, at most
// limit. after is the last user name of the page before; empty for the first page.
func SearchUsers(ctx context.Context, db postgres.Querier, prefix, after string, limit int) ([]User, error) {
	rows, err := db.Query(ctx, selectUser+`WHERE (starts_with(u.username, $1) OR starts_with(u.email_key, $1)) AND u.username > $2
		ORDER BY u.username LIMIT $3`, EmailKey(prefix), after, limit)
	if err != nil {
		return nil, fmt.Errorf("search users: %w", err)
	}
	users, err := pgx.CollectRows(rows, scanUser)
	if err != nil {
		return nil, fmt.Errorf("search users: %w", err)
	}
	return users, nil
}
