package postgresserver_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// startForParent makes this test program start a server, print its process ID and data folder, and wait to be killed by
// the test that runs it.
const startForParent = "POSTGRESSERVER_TEST_DATA_DIR"

func TestMain(m *testing.M) {
	if dataDir := os.Getenv(startForParent); dataDir != "" {
		server, err := postgresserver.Start(context.Background(), postgresserver.Options{
			DataDir: dataDir, Settings: fast(), StopWithProcess: true,
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(server.PID())
		<-server.Done()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestDataSurvivesARestart(t *testing.T) {
	t.Parallel()
	dataDir := filepath.Join(reachableFolder(t), "data")
	settings := fast()
	settings["max_connections"] = "17"

	first := start(t, postgresserver.Options{DataDir: dataDir, Settings: settings})
	if got := query(t, first.URI("postgres"), "SHOW max_connections"); got != "17" {
		t.Errorf("max_connections = %s, want the setting 17", got)
	}
	query(t, first.URI("postgres"), "CREATE TABLE kept AS SELECT 'kept' AS word")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatalf("Stop: %v", err)
	}
	if err := syscall.Kill(first.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("after Stop the server's process %d is still running: %v", first.PID(), err)
	}

	second := start(t, postgresserver.Options{DataDir: dataDir, Settings: settings})
	if got := query(t, second.URI("postgres"), "SELECT word FROM kept"); got != "kept" {
		t.Errorf("after a restart the table contains %q, want what was written", got)
	}
}

func TestCopiesShareNothing(t *testing.T) {
	t.Parallel()
	folder := reachableFolder(t)
	kept := filepath.Join(folder, "kept")
	first := start(t, postgresserver.Options{DataDir: filepath.Join(folder, "first"), CopyOf: kept, Settings: fast()})
	query(t, first.URI("postgres"), "CREATE TABLE mine AS SELECT 1 AS number")
	second := start(t, postgresserver.Options{DataDir: filepath.Join(folder, "second"), CopyOf: kept, Settings: fast()})
	if got := query(t, second.URI("postgres"), "SELECT count(*)::text FROM pg_tables WHERE tablename = 'mine'"); got != "0" {
		t.Errorf("a copy has %s tables of another server", got)
	}
}

func TestServerRequiresThePassword(t *testing.T) {
	t.Parallel()
	server := start(t, postgresserver.Options{DataDir: filepath.Join(reachableFolder(t), "data"), Settings: fast()})
	uri, err := url.Parse(server.URI("postgres"))
	if err != nil {
		t.Fatalf("parse the server's URI: %v", err)
	}
	uri.User = url.UserPassword("postgres", "guess")
	if connection, err := pgx.Connect(t.Context(), uri.String()); err == nil {
		connection.Close(t.Context())
		t.Error("the server accepts a wrong password over TCP")
	}
	socket := fmt.Sprintf("host=%s port=%s user=postgres password=guess", server.SocketDir(), uri.Port())
	if connection, err := pgx.Connect(t.Context(), socket); err == nil {
		connection.Close(t.Context())
		t.Error("the server accepts a wrong password on the Unix socket")
	}
}

// The path of a socket is limited to 107 bytes, and as root the user of the server may not be able to enter the folder.
func TestFoldersThatPostgresCannotUse(t *testing.T) {
	t.Parallel()
	private := filepath.Join(reachableFolder(t), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatalf("create a private folder: %v", err)
	}
	tests := map[string]struct {
		dataDir string
	}{
		"long path":      {dataDir: filepath.Join(reachableFolder(t), strings.Repeat("long", 30), "data")},
		"private folder": {dataDir: filepath.Join(private, "data")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, postgresserver.Options{DataDir: test.dataDir, Settings: fast()})
			t.Cleanup(func() { os.RemoveAll(server.DataDir()) })
			uri, err := url.Parse(server.URI("postgres"))
			if err != nil {
				t.Fatalf("parse the server's URI: %v", err)
			}
			password, _ := uri.User.Password()
			socket := fmt.Sprintf("host=%s port=%s user=postgres password=%s", server.SocketDir(), uri.Port(), password)
			if got := query(t, socket, "SELECT 'here'"); got != "here" {
				t.Errorf("the query on the Unix socket returns %q, want here", got)
			}
		})
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	folder := reachableFolder(t)
	first := start(t, postgresserver.Options{DataDir: filepath.Join(folder, "first"), Settings: fast()})
	uri, err := url.Parse(first.URI("postgres"))
	if err != nil {
		t.Fatalf("parse the server's URI: %v", err)
	}
	port, err := strconv.Atoi(uri.Port())
	if err != nil {
		t.Fatalf("read the server's port: %v", err)
	}
	_, err = postgresserver.Start(t.Context(), postgresserver.Options{
		DataDir: filepath.Join(folder, "second"), Port: port, Settings: fast(),
	})
	if err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("start a second server on one port: %v, want the reason from the log", err)
	}
}

func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatalf("find this program: %v", err)
	}
	starter := exec.CommandContext(t.Context(), executable)
	starter.Env = append(os.Environ(), startForParent+"="+filepath.Join(reachableFolder(t), "data"))
	starter.Stderr = os.Stderr
	output, err := starter.StdoutPipe()
	if err != nil {
		t.Fatalf("read the starter's output: %v", err)
	}
	if err := starter.Start(); err != nil {
		t.Fatalf("start the starter: %v", err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("read the server's process ID: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the server's process ID: %v", err)
	}

	if err := starter.Process.Kill(); err != nil {
		t.Fatalf("kill the starter: %v", err)
	}
	starter.Wait() //nolint:errcheck // it was killed
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for running(pid) {
		select {
		case <-deadline:
			t.Fatalf("the server %d is still running 30 s after its starter was killed", pid)
		case <-tick.C:
		}
	}
}

// running reports whether a process exists and is not a zombie, which init may be slow to reap.
func running(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "State:\tZ")
}

// fast are settings for data that may be lost in a crash.
func fast() map[string]string { return map[string]string{"fsync": "off"} }

// reachableFolder returns a temporary folder that every user can enter, unlike t.TempDir.
func reachableFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "postgresserver-test-") //nolint:usetesting // t.TempDir is closed to other users
	if err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatalf("change the mode of the folder: %v", err)
	}
	return folder
}

func start(t *testing.T, options postgresserver.Options) *postgresserver.Server {
	t.Helper()
	options.StopWithProcess = true
	options.CopyOf = cmp.Or(options.CopyOf, filepath.Join(os.TempDir(), "echoblogs-test-postgres-initialized"))
	server, err := postgresserver.Start(t.Context(), options)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
	return server
}

// query runs one statement and returns the first column of its only row, or "".
func query(t *testing.T, uri, statement string) string {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), uri)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer connection.Close(context.Background())
	var text string
	err = connection.QueryRow(t.Context(), statement).Scan(&text)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatalf("%s: %v", statement, err)
	}
	return text
}
