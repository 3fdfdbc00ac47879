package apiserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Own is a server that belongs to one test, which may kill it.
type Own struct {
	*Server
	t   testing.TB
	pid string // path of a file with the process ID
}

// New starts a server that ends with the test.
func New(t testing.TB) *Own {
	t.Helper()
	folder := t.TempDir()
	o := &Own{t: t, pid: filepath.Join(folder, "pid")}
	var err error
	o.Server, err = start(folder, func(e *envtest.Environment, programs string) error {
		server := e.ControlPlane.GetAPIServer()
		// The same certificates after a restart, so that clients trust the server again.
		server.CertDir = filepath.Join(folder, "certificates")
		// envtest does not reveal the process that it starts.
		server.Path = filepath.Join(folder, "kube-apiserver")
		script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s \"$@\"\n", o.pid, filepath.Join(programs, "kube-apiserver"))
		if err := os.Mkdir(server.CertDir, 0o700); err != nil {
			return err
		}
		return os.WriteFile(server.Path, []byte(script), 0o755)
	})
	if err != nil {
		t.Fatalf("Start the test's own API server: %v", err)
	}
	t.Cleanup(func() {
		if err := o.stop(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// Kill kills the API server with SIGKILL.
func (o *Own) Kill() {
	o.t.Helper()
	content, err := os.ReadFile(o.pid)
	if err != nil {
		o.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		o.t.Fatal(err)
	}
}

// Restart starts the API server at the same address and returns when it is ready.
func (o *Own) Restart() {
	o.t.Helper()
	if err := o.environment.ControlPlane.GetAPIServer().Start(); err != nil {
		o.t.Fatal(err)
	}
}
