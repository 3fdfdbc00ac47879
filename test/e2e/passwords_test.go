//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// testPasswords changes the passwords of all roles, in the database and in the Secrets, and ends their connections. The
// programs use the new ones without a restart.
func (p *product) testPasswords() {
	db, err := pgx.Connect(p.t.Context(), p.Postgres.URI)
	if err != nil {
		p.t.Fatalf("connect to Postgres: %v", err)
	}
	defer db.Close(p.t.Context())
	pods := p.kubectl("get", "pods", "--output=jsonpath={.items[*].metadata.name}")
	for _, secret := range databaseSecrets {
		address := p.databaseAddress(secret)
		role := address.User.Username()
		if _, err := db.Exec(p.t.Context(), fmt.Sprintf(`ALTER ROLE %s PASSWORD 'another-password'`, pgx.Identifier{role}.Sanitize())); err != nil {
			p.t.Fatalf("change a password: %v", err)
		}
		address.User = url.UserPassword(role, "another-password")
		p.setDatabaseAddress(secret, address)
		if _, err := db.Exec(p.t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, role); err != nil {
			p.t.Fatalf("end the connections of a role: %v", err)
		}
	}
	attempts := 0
	p.wait("someone can sign up with the new passwords", func(ctx context.Context) error {
		attempts++
		return p.register(ctx, p.browser(), fmt.Sprintf("password%d", attempts))
	})
	if after := p.kubectl("get", "pods", "--output=jsonpath={.items[*].metadata.name}"); after != pods {
		p.t.Errorf("the pods are %s, and were %s", after, pods)
	}
}
