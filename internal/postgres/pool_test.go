package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// The settings of a database or a role change how the server writes values. Behind PgBouncer in transaction mode, so do
// those of other clients.
func TestSessionSettings(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	administrator, err := pgx.Connect(t.Context(), database.AdminURI)
	if err != nil {
		t.Fatal(err)
	}
	defer administrator.Close(t.Context())
	for _, owner := range []string{"DATABASE %I", "ROLE echoblogs_blog IN DATABASE %I"} {
		for _, setting := range []string{"datestyle = 'German'", "timezone = 'Asia/Tokyo'", "standard_conforming_strings = off", "client_encoding = 'LATIN1'"} {
			_, err := administrator.Exec(t.Context(), `DO $do$ BEGIN EXECUTE format($f$ALTER `+owner+` SET `+setting+`$f$, current_database()); END $do$`)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, setting := range []string{"bytea_output = 'escape'", "default_transaction_isolation = 'serializable'", "idle_session_timeout = '1ms'"} {
		if _, err := administrator.Exec(t.Context(), `DO $do$ BEGIN EXECUTE format($f$ALTER DATABASE %I SET `+setting+`$f$, current_database()); END $do$`); err != nil {
			t.Fatal(err)
		}
	}
	bouncer := postgrestest.NewBouncer(t, database)
	for name, uri := range map[string]string{
		"direct":                  database.BlogURI,
		"settings in the address": database.BlogURI + "&DateStyle=SQL&TimeZone=Asia/Tokyo",
		"PgBouncer":               bouncer.URI(database.BlogURI),
	} {
		t.Run(name, func(t *testing.T) {
			pool, err := postgres.NewPool(uri, postgres.PoolOptions{MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			other, err := pgx.Connect(t.Context(), uri)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close(t.Context())
			for range 2 {
				wantSession(t, pool)
				if _, err := other.Exec(t.Context(), `SET datestyle = 'SQL'; SET timezone = 'Asia/Tokyo'`); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// wantSession checks that times and texts are what was written.
func wantSession(t *testing.T, pool *postgres.Pool) {
	t.Helper()
	wantTime, wantText := time.Date(2026, 2, 1, 12, 30, 0, 0, time.UTC), `Gr\u00f6ße €`
	var (
		at                    time.Time
		bytes                 []byte
		text, same, isolation string
	)
	err := pool.QueryRow(t.Context(), `SELECT $1::timestamptz, $2::text, $1::timestamptz::text, $3::bytea, current_setting('transaction_isolation')`, wantTime, wantText, []byte(wantText)).
		Scan(&at, &text, &same, &bytes, &isolation)
	if err != nil || !at.Equal(wantTime) || text != wantText || string(bytes) != wantText || same != "2026-02-01 12:30:00+00" || isolation != "read committed" {
		t.Errorf("a session reads %s, %q, %q and %q, at isolation level %q, error %v", at, text, same, bytes, isolation, err)
	}
}
