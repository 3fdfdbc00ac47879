package postgrestest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

func TestOwnServerStopsAndPauses(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	database := server.NewDatabase()
	connection := connect(t, database.OperatorURI)
	if _, err := connection.Exec(t.Context(), "CREATE TABLE public.kept (id int)"); err != nil {
		t.Fatal(err)
	}

	server.Pause()
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := connection.Exec(soon, "SELECT"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused server responds: %v", err)
	}
	server.Resume()
	connect(t, database.OperatorURI)

	server.Stop()
	if other, err := pgx.Connect(t.Context(), database.OperatorURI); err == nil {
		other.Close(t.Context())
		t.Error("a stopped server accepts connections")
	}
	server.Start()
	if _, err := connect(t, database.OperatorURI).Exec(t.Context(), "SELECT FROM public.kept"); err != nil {
		t.Errorf("after a stop and a start: %v", err)
	}
}

func TestDiskIsFilledAndFreed(t *testing.T) {
	t.Parallel()
	disk := postgrestest.NewDisk(t, 128<<20)
	server := postgrestest.NewServer(t, disk.Folder)
	connection := connect(t, server.NewDatabase().OperatorURI)
	disk.Fill()
	const sql = "CREATE TABLE public.large AS SELECT n, repeat('x', 1000) FROM generate_series(1, 1000) n"
	if _, err := connection.Exec(t.Context(), sql); postgres.Code(err) != "53100" {
		t.Errorf("on a full disk: %v", err)
	}
	disk.Free()
	if _, err := connection.Exec(t.Context(), sql); err != nil {
		t.Errorf("on a disk with space: %v", err)
	}
}
