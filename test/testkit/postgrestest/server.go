package postgrestest

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// sharedServer returns the administrator of the server of this test program, which
// the first call starts.
func sharedServer(t testing.TB) *administrator {
	t.Helper()
	administrator, err := shared()
	if err != nil {
		t.Fatalf("Start the test server: %v", err)
	}
	return administrator
}

var shared = sync.OnceValues(func() (*administrator, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	uri, err := findOrStart(ctx)
	if err != nil {
		return nil, err
	}
	administrator := newAdministrator(uri)
	if err := createRoles(ctx, administrator, postgres.DefaultRolePrefix); err != nil {
		return nil, err
	}
	return administrator, nil
})

// givenServer names the variable with the administrator's connection string to a server that is used instead.
const givenServer = "ECHOBLOGS_TEST_POSTGRES_URI"

// ownsServer reports whether this program starts the server.
func ownsServer() bool { return os.Getenv(givenServer) == "" }

func findOrStart(ctx context.Context) (string, error) {
	given := os.Getenv(givenServer)
	if given == "" {
		return start(ctx)
	}
	uri, err := url.Parse(given)
	if err != nil || (uri.Scheme != "postgres" && uri.Scheme != "postgresql") {
		// The error of the parser would quote the password.
		return "", errors.New(givenServer + " is not a connection string such as postgres://USER:PASSWORD@HOST:PORT/postgres")
	}
	return given, nil
}

// start starts a server that ends, and whose data is removed, with this process.
func start(ctx context.Context) (string, error) {
	folder, err := newFolder()
	if err != nil {
		return "", err
	}
	if untilExit, err = newRemover(folder); err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	server, err := postgresserver.Start(ctx, options(folder, 0, map[string]string{"max_connections": "300"}))
	if err != nil {
		return "", err
	}
	return server.URI("postgres"), nil
}

// untilExit keeps the remover from being garbage collected, which would close its
// pipe.
var untilExit *remover //nolint:unused // a reference is all that is needed

// options returns those of a server whose data may be lost in a crash.
func options(folder string, port int, settings map[string]string) postgresserver.Options {
	all := map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
	maps.Copy(all, settings)
	return postgresserver.Options{
		DataDir: filepath.Join(folder, "data"), CopyOf: filepath.Join(os.TempDir(), "echoblogs-test-postgres-initialized"),
		Port: port, Settings: all, StopWithProcess: true,
	}
}
