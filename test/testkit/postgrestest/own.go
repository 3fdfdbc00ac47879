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

	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// Server is a server that one test owns, to be stopped and paused.
type Server struct {
	t       testing.TB
	options postgresserver.Options
	server  *postgresserver.Server
}

// NewServer starts a server in a new folder, or in the given one where it is
// not empty. It ends, and its folder vanishes, with the test.
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
	if err := createRoles(t.Context(), s.server.URI("postgres")); err != nil {
		t.Fatal(err)
	}
	return s
}

// NewDatabase makes a database, which stays as long as the server's data.
func (s *Server) NewDatabase() *Database {
	s.t.Helper()
	return create(s.t, s.server.URI("postgres"))
}

// Start starts a server that was stopped, at its address.
func (s *Server) Start() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), timeout)
	defer cancel()
	var err error
	if s.server, err = postgresserver.Start(ctx, s.options); err != nil {
		s.t.Fatalf("Start the test's own server: %v", err)
	}
}

// Stop closes all connections and ends the server. Nothing listens at its
// address then.
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

// Pause stops every process of the server where it is. Connections stay open,
// new ones are taken by the kernel, and nobody answers.
func (s *Server) Pause() {
	s.t.Helper()
	deadline := time.Now().Add(timeout)
	// A child may have been forked before the first process stopped.
	for s.signal(syscall.SIGSTOP) > 0 {
		if time.Now().After(deadline) {
			s.t.Fatal("Pause the test's own server: its processes do not stop")
		}
	}
}

// Resume lets a paused server go on.
func (s *Server) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

// signal sends a signal to the server's processes and returns how many of them
// still ran, its first process before its children.
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

// stopped is the state, in proc(5), of a process after SIGSTOP.
const stopped = "T"

type process struct {
	id    int
	state string
}

// processesOf returns a process and its children, as far as they run.
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
		// The name, in parentheses, may hold anything.
		fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
		if len(fields) < 2 {
			return nil, fmt.Errorf("%s has no parent's id", file)
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
