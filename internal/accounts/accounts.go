// Package accounts reads and writes what the public site remembers of people: users, sessions, registrations, mails,
// attempts and acts of staff. One file holds one table. Values reach SQL as parameters only; every statement keeps the
// rules for Citus clusters.
package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Querier runs statements: a pool, a connection or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Beginner begins a transaction: a pool or a connection.
type Beginner interface {
	Querier
	Begin(ctx context.Context) (pgx.Tx, error)
}

// ErrNotFound says that there is no such row: no such user, session, registration or code, or not any more.
var ErrNotFound = errors.New("there is no such account, session or code")

// NewToken returns a secret for a cookie or a link: 160 random bits, twice what OWASP asks of a session's token.
func NewToken() string {
	secret := make([]byte, 20)
	rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// hash returns the form in which a secret is stored. Secrets are random, so that they need no slow hash.
func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// one turns the driver's "no rows" into ErrNotFound.
func one[T any](value T, err error) (T, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return value, err
}
