// Package account stores the people of a platform and how they log in: users, sessions, login codes, mailed tokens. One
// file holds one table. Values reach SQL as parameters only; every statement keeps the rules for Citus clusters.
package account

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

// ErrNotFound says that there is no such row: no such user, session or token, or it has expired.
var ErrNotFound = errors.New("there is no such account, session or code")

// one turns the driver's "no rows" into ErrNotFound.
func one[T any](value T, err error) (T, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return value, err
}
