package docs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A post is deleted by mistake. It is restored from the second before, and the other blogs keep what was written since.
func TestPointInTime(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	i := newInstallation(t, server.NewDatabase())
	i.archive(server)
	for _, name := range []string{"alice", "bob"} {
		i.ReadyTenant(name)
		i.write(name, "Written before the base backup")
	}
	i.followAsServer("Archive the write-ahead log", 1)
	i.write("alice", "Written after the base backup")
	var target time.Time
	if err := i.Admin.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&target); err != nil {
		t.Fatal(err)
	}
	i.Exec(`DELETE FROM alice.posts`)
	i.write("bob", "Written since")

	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.endRecovered)
	environment := []string{fmt.Sprintf("RECOVERED_PORT=%d", ports[0]), "TARGET=" + target.UTC().Format("2006-01-02 15:04:05.999999+00")}
	i.followAsServer("Recover beside the server", 0, environment...)
	i.followAsServer("Recover beside the server", 1, environment...)
	i.follow("Restore one blog", 1)
	i.waitBlog("alice", http.StatusOK, "Written after the base backup")
	i.waitBlog("bob", http.StatusOK, "Written since")
}

// archive changes the server's settings as the page says. Another server that is started with them listens on TCP only.
func (i *installation) archive(server *postgrestest.Server) {
	i.t.Helper()
	var folder string
	if err := i.Admin.QueryRow(i.t.Context(), `SHOW data_directory`).Scan(&folder); err != nil {
		i.t.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(folder, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		i.t.Fatal(err)
	}
	_, err = file.WriteString("fsync = off\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n" + i.content("Archive the write-ahead log", 0))
	if err := errors.Join(err, file.Close()); err != nil {
		i.t.Fatal(err)
	}
	// The testkit's own log is in the folder.
	if err := os.Chmod(filepath.Join(folder, "server.log"), 0o644); err != nil {
		i.t.Fatal(err)
	}
	i.run(stack.Script{Commands: "mkdir " + filepath.Join(i.backups, "wal"), AsServer: true})
	server.Stop()
	server.Start()
	i.Admin.Reset() // a pool tries only those connections that were idle for a second
}

// endRecovered ends the recovered server, if the test has failed before the page did.
func (i *installation) endRecovered() {
	folder := filepath.Join(i.backups, "recovered")
	if i.t.Failed() {
		if log, err := os.ReadFile(folder + ".log"); err == nil {
			i.t.Logf("the log of the recovered server:\n%s", log)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "postmaster.pid")); err != nil {
		return
	}
	stop := stack.Script{Commands: "pg_ctl --mode=immediate stop --pgdata=" + folder, AsServer: true}
	if _, err := i.RunScript(context.Background(), stop); err != nil {
		i.t.Error(err)
	}
}
