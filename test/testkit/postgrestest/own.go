package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// Server is a server that belongs to one test, which may stop and pause it.
type Server struct {
	t       testing.TB
	options postgresserver.Options
	server  *postgresserver.Server
}

// NewServer starts a server in a folder, which defaults to a new one. The server is
// stopped, and a new folder removed, after the test.
func NewServer(t testing.TB, folder string) *Server {
	t.Helper()
	if folder == "" {
		folder = testFolder(t)
	}
	s := &Server{t: t, options: options(folder, 0, nil)}
	s.Start()
	address, err := url.Parse(s.server.URI("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if s.options.Port, err = strconv.Atoi(address.Port()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.signal(syscall.SIGCONT)
		s.Stop()
	})
	administrator := newAdministrator(s.server.URI("postgres"))
	defer administrator.close(t.Context())
	if err := createRoles(t.Context(), administrator, postgres.DefaultRolePrefix); err != nil {
		t.Fatal(err)
	}
	return s
}

// NewDatabase creates a database, which is never dropped.
func (s *Server) NewDatabase() *Database {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), timeout)
	defer cancel()
	administrator := newAdministrator(s.server.URI("postgres"))
	defer administrator.close(ctx)
	database, err := create(ctx, administrator, postgres.DefaultRolePrefix)
	if err != nil {
		s.t.Fatal(err)
	}
	return database
}

// Start starts a stopped server at the same address.
func (s *Server) Start() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), timeout)
	defer cancel()
	var err error
	if s.server, err = postgresserver.Start(ctx, s.options); err != nil {
		s.t.Fatalf("Start the test's own server: %v", err)
	}
}

// Stop closes all connections and stops the server. Connections to its address are
// refused then.
func (s *Server) Stop() {
	s.t.Helper()
	select {
	case <-s.server.Done():
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := s.server.Stop(ctx); err != nil {
		s.t.Errorf("Stop the test's own server: %v", err)
	}
}

// Crash ends the server without a checkpoint: its next start recovers it. What was committed stays, but where commits do not wait
// for the write-ahead log, as they do not by default in tests.
func (s *Server) Crash() {
	s.t.Helper()
	if err := syscall.Kill(s.server.PID(), syscall.SIGQUIT); err != nil {
		s.t.Fatalf("Crash the test's own server: %v", err)
	}
	select {
	case <-s.server.Done():
	case <-time.After(timeout):
		s.t.Fatal("Crash the test's own server: it does not end")
	}
}

// Pause suspends every process of the server. Connections stay open, the kernel
// accepts new ones, and nothing responds.
func (s *Server) Pause() {
	s.t.Helper()
	deadline := time.Now().Add(timeout)
	// A child may have been forked before the postmaster was suspended.
	for s.signal(syscall.SIGSTOP) > 0 {
		if time.Now().After(deadline) {
			s.t.Fatal("Pause the test's own server: its processes are not suspended")
		}
	}
}

// Resume resumes a paused server.
func (s *Server) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

// signal sends a signal to the processes of the server, the postmaster first, and
// returns how many of them were not suspended.
func (s *Server) signal(signal syscall.Signal) (running int) {
	processes, err := processesOf(s.server.PID())
	if err != nil {
		s.t.Fatalf("Look for the processes of the test's own server: %v", err)
	}
	for _, process := range processes {
		if process.state != stopped {
			running++
		}
		if err := syscall.Kill(process.id, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			s.t.Fatalf("Send %v to a process of the test's own server: %v", signal, err)
		}
	}
	return running
}

// stopped is the state of a process after SIGSTOP, see proc(5).
const stopped = "T"

type process struct {
	id    int
	state string
}

// processesOf returns a process and those of its children that have not ended.
func processesOf(parent int) ([]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var found []process
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		// The name, in parentheses, may contain any character.
		fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
		if len(fields) < 2 {
			return nil, fmt.Errorf("%s has no parent process ID", file)
		}
		switch parentID := strconv.Itoa(parent); {
		case id == parent:
			found = slices.Insert(found, 0, process{id, fields[0]})
		case fields[1] == parentID && fields[0] != "Z":
			found = append(found, process{id, fields[0]})
		}
	}
	return found, nil
}
