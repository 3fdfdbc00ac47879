package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres/postgresserver"
)

// serverURI returns the administrator's connection string to this test
// program's server, which it starts at its first call.
var serverURI = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	administrator, err := findOrStart(ctx)
	if err != nil {
		return "", err
	}
	if err := createRoles(ctx, administrator); err != nil {
		return "", err
	}
	return administrator, nil
})

func findOrStart(ctx context.Context) (string, error) {
	given := os.Getenv("ECHOBLOGS_TEST_POSTGRES_URI")
	if given == "" {
		return start(ctx)
	}
	uri, err := url.Parse(given)
	if err != nil || (uri.Scheme != "postgres" && uri.Scheme != "postgresql") {
		// The parser's error would quote the password.
		return "", errors.New("ECHOBLOGS_TEST_POSTGRES_URI is no connection string: write postgres://USER:PASSWORD@HOST:PORT/postgres")
	}
	return given, nil
}

// start starts a server that ends, and whose data vanishes, with this process.
func start(ctx context.Context) (string, error) {
	folder, err := os.MkdirTemp("", "echoblogs-test-postgres-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the server: %w", err)
	}
	// As root the server runs as another user, who has to reach the data.
	if err := os.Chmod(folder, 0o755); err != nil {
		return "", fmt.Errorf("opening the server's folder: %w", err)
	}
	server, err := postgresserver.Start(ctx, postgresserver.Options{
		DataDir: filepath.Join(folder, "data"),
		Settings: map[string]string{
			"max_connections":    "300",
			"fsync":              "off",
			"synchronous_commit": "off",
			"full_page_writes":   "off",
		},
		StopWithProcess: true,
	})
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	if err := removeAfterProcess(folder, server.PID()); err != nil {
		return "", err
	}
	return server.URI("postgres"), nil
}

// removeAfterProcess removes the folder once this process, and after it the
// server, has ended. A test program that ends by os.Exit, a panic or a signal
// runs no code of its own any more, so a shell does it, which waits for the end
// of its input.
func removeAfterProcess(folder string, server int) error {
	const script = `cat
for _ in $(seq 100); do kill -0 "$2" 2>/dev/null && sleep 0.1 || break; done
rm -rf "$1"`
	input, alive, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("watching this process: %w", err)
	}
	defer input.Close()
	//nolint:noctx // it has to outlive this process
	shell := exec.Command("sh", "-c", script, "sh", folder, strconv.Itoa(server))
	shell.Stdin = input
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C at a terminal must not end it
	if err := shell.Start(); err != nil {
		return fmt.Errorf("watching this process: %w", err)
	}
	untilExit = alive
	return nil
}

// untilExit is the open end of a pipe that the kernel closes with this process.
// It is kept from the garbage collector, which would close it.
var untilExit *os.File //nolint:unused // it is there to be held
