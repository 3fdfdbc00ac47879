package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// Bouncer is a PgBouncer in transaction mode in front of a test's database: each
// transaction of a connection may use another connection of the server.
type Bouncer struct {
	t       testing.TB
	address string
	end     func()
}

// NewBouncer starts a Bouncer, which ends with the test.
func NewBouncer(t testing.TB, database *Database) *Bouncer {
	t.Helper()
	program, err := findBouncer()
	if err != nil {
		t.Fatal(err)
	}
	b := &Bouncer{t: t, address: freeAddress(t)}
	folder := testFolder(t)
	if err := b.configure(folder, database); err != nil {
		t.Fatal(err)
	}
	b.run(program, folder)
	b.waitUntilReady(database, filepath.Join(folder, "log"))
	return b
}

// URI returns the connection string that leads through the bouncer.
func (b *Bouncer) URI(uri string) string {
	address := mustParse(uri)
	address.Host = b.address
	return address.String()
}

// Stop stops the bouncer.
func (b *Bouncer) Stop() { b.end() }

// findBouncer returns the program that hack/pgbouncer/install.sh has installed.
func findBouncer() (string, error) {
	if found, err := exec.LookPath("pgbouncer"); err == nil {
		return found, nil
	}
	candidates := []string{"/usr/sbin/pgbouncer"}
	if cache, err := os.UserCacheDir(); err == nil {
		candidates = append(candidates, filepath.Join(cache, "echoblogs", "pgbouncer", "bin", "pgbouncer"))
	}
	for _, candidate := range candidates {
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
	}
	return "", errors.New("PgBouncer is not installed: run hack/pgbouncer/install.sh")
}

// configure writes the files of the bouncer, which only its user can read.
func (b *Bouncer) configure(folder string, database *Database) error {
	host, port, err := net.SplitHostPort(b.address)
	if err != nil {
		return err
	}
	server := mustParse(database.AdminURI)
	settings := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = %s
listen_port = %s
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
logfile = %s
`, server.Hostname(), server.Port(), host, port, filepath.Join(folder, "users"), filepath.Join(folder, "log"))
	var users strings.Builder
	for _, uri := range []string{database.OperatorURI, database.BlogURI, database.PortalURI} {
		user := mustParse(uri).User
		word, _ := user.Password()
		fmt.Fprintf(&users, "%q %q\n", user.Username(), word)
	}
	for name, content := range map[string]string{"settings": settings, "users": users.String(), "log": ""} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
		runAs, err := postgresserver.Credential()
		if err != nil {
			return err
		}
		if runAs != nil {
			if err := os.Chown(path, int(runAs.Uid), int(runAs.Gid)); err != nil {
				return err
			}
		}
	}
	return nil
}

// run starts the bouncer as a child of a shell. The shell kills it when its input is
// closed, which happens when this process ends.
func (b *Bouncer) run(program, folder string) {
	b.t.Helper()
	runAs, err := postgresserver.Credential()
	if err != nil {
		b.t.Fatal(err)
	}
	//nolint:noctx // it ends with its input
	shell := exec.Command("sh", "-c", `"$1" -q "$2" & cat; kill $!; wait`, "sh", program, filepath.Join(folder, "settings"))
	shell.Dir = "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Credential: runAs, Setpgid: true}
	input, err := shell.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		b.t.Fatalf("Start PgBouncer: %v", err)
	}
	stopped := false
	b.end = func() {
		if !stopped {
			stopped = true
			input.Close()
			_ = shell.Wait() // the error is that the bouncer was killed
		}
	}
	b.t.Cleanup(b.end)
}

func (b *Bouncer) waitUntilReady(database *Database, log string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), timeout)
	defer cancel()
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for {
		connection, err := pgx.Connect(ctx, b.URI(database.OperatorURI))
		if err == nil {
			connection.Close(ctx)
			return
		}
		select {
		case <-ctx.Done():
			said, _ := os.ReadFile(log)
			b.t.Fatalf("PgBouncer does not accept the operator: %v; its log:\n%s", err, said)
		case <-retry.C:
		}
	}
}

// freeAddress returns an address that is not in use.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
