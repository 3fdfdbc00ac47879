package postgres_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// An address in a file is read again for each new connection.
func TestAddressFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "uri")
	t.Setenv("TEST_URI_FILE", path)
	if address, err := postgres.AddressFromEnv("TEST_URI"); err == nil {
		t.Errorf("the address of a missing file is %q", address)
	}
	if err := os.WriteFile(path, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if address, err := postgres.AddressFromEnv("TEST_URI"); err == nil || !strings.Contains(err.Error(), "it is empty") {
		t.Errorf("the address of an empty file is %q, %v", address, err)
	}
	names := make([]string, 2)
	var pool *postgres.Pool
	for i := range names {
		database := postgrestest.New(t)
		names[i] = database.Name
		if err := os.WriteFile(path, []byte(database.BlogURI+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if pool == nil {
			address, err := postgres.AddressFromEnv("TEST_URI")
			if err != nil {
				t.Fatal(err)
			}
			if pool, err = postgres.NewPool(address, postgres.PoolOptions{MaxConns: 1}); err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
		}
		pool.Reset()
		var name string
		if err := pool.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name); err != nil || name != database.Name {
			t.Errorf("connected to %q, error %v, want %q", name, err, database.Name)
		}
	}
}

func TestAddressErrors(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"postgres://u:secret@h:port/d":                                                      "it is not of the form postgres://user:password@host:port/database",
		"postgres://u:secret@h/d?sslmode=strict":                                            "its sslmode is unknown; use verify-full, verify-ca, require or disable",
		"postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.crt":           "the file /nowhere/ca.crt that it names cannot be read: no such file or directory",
		"postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=" + url.QueryEscape(empty): "the file that sslrootcert names holds no certificate in PEM format",
	} {
		_, err := postgres.NewPool(address, postgres.PoolOptions{})
		if err == nil || err.Error() != "read the database address: "+want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}
