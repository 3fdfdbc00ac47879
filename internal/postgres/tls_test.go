package postgres_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// Errors of TLS say what to do, whichever side has the wrong setting.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	database := server.NewDatabase()
	connect := func(ca, query string) string {
		t.Helper()
		address, err := url.Parse(database.BlogURI)
		if err != nil {
			t.Fatal(err)
		}
		address.RawQuery = query
		pool, err := postgres.NewPool(address.String(), postgres.PoolOptions{MaxConns: 1, CA: ca})
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		if err := pool.Ping(t.Context()); err != nil {
			return postgres.Explain(err)
		}
		return ""
	}
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	want("no TLS at the server", connect("", "sslmode=require"), "The database does not offer TLS. Turn it on there (ssl = on), or use sslmode=disable in the address.")

	now := time.Now()
	cert, key, err := certificate.ForHosts(now.Add(-time.Hour), now.Add(time.Hour), "db.example.com")
	if err != nil {
		t.Fatal(err)
	}
	local, localKey, err := certificate.ForHosts(now.Add(-time.Hour), now.Add(time.Hour), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	expired, expiredKey, err := certificate.ForHosts(now.Add(-2*time.Hour), now.Add(-time.Hour), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	const untrusted = `The certificate of the database was issued by an unknown authority, which is not trusted. Set the Platform's spec.database.caSecretRef, or sslrootcert in the address, to the certificate of that authority.`
	serve(t, database, cert, key)
	want("encrypted only", connect("", "sslmode=require"), "")
	want("another authority", connect(string(local), "sslmode=verify-ca"), untrusted)
	want("another host name", connect(string(cert), "sslmode=disable"), "The certificate of the database is for another host name. Use the name of the certificate in the address, or sslmode=verify-ca.")
	want("verify-ca", connect(string(cert), "sslmode=verify-ca"), "")
	serve(t, database, local, localKey)
	want("an unknown authority", connect("", "host=localhost&sslmode=verify-full"), untrusted)
	want("the authority's certificate", connect(string(local), "host=localhost"), "")
	serve(t, database, expired, expiredKey)
	want("an expired certificate", connect(string(expired), "host=localhost"), "The certificate of the database has expired, or is not valid yet. Renew it.")

	administrate(t, database, `COPY (SELECT 'hostssl all all all scram-sha-256') TO PROGRAM 'cat > pg_hba.conf'`, `SELECT pg_reload_conf()`)
	want("TLS is required", connect("", "sslmode=disable"), "The database has no entry in pg_hba.conf for this user without TLS. Use sslmode=verify-full in the address.")
}

// serve makes the server of a database use a certificate, for connections from now on.
func serve(t *testing.T, database *postgrestest.Database, certificate, key []byte) {
	t.Helper()
	administrate(t, database,
		`COPY (SELECT unnest(string_to_array('`+string(certificate)+`', E'\n'))) TO PROGRAM 'cat > server.crt'`,
		`COPY (SELECT unnest(string_to_array('`+string(key)+`', E'\n'))) TO PROGRAM 'umask 077; cat > server.key'`,
		`ALTER SYSTEM SET ssl = on`, `SELECT pg_reload_conf()`)
}

func administrate(t *testing.T, database *postgrestest.Database, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database.AdminURI)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
}
