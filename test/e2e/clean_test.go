//go:build e2e

package e2e_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCommandLeavesNothing interrupts and kills the command in each phase. The machine is compared with before by the
// command itself, and after a kill by node clean.
func TestCommandLeavesNothing(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "node")
	if output, err := exec.Command("go", "build", "-o", binary, "./cmd/node").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, output)
	}
	for _, test := range []struct {
		name string
		// until is the output after which the signal is sent.
		until  string
		signal syscall.Signal
		// want is what the command writes at its end.
		want string
	}{
		{"InterruptAtStart", "Starting etcd", syscall.SIGINT, "interrupted"},
		{"TerminateWhileInstalling", "Waiting for coredns", syscall.SIGTERM, "interrupted"},
		{"InterruptWhenReady", "Ready.", syscall.SIGINT, "The machine is as it was before."},
		{"KillAtStart", "Starting kubelet", syscall.SIGKILL, ""},
		{"KillWhenReady", "Ready.", syscall.SIGKILL, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, temporary := signalAfter(t, binary, test.until, test.signal)
			if !strings.Contains(output, test.want) || strings.Contains(output, "not as it was") {
				t.Errorf("the command writes:\n%s\nwant %q", output, test.want)
			}
			if test.signal == syscall.SIGKILL {
				clean := exec.Command(binary, "clean")
				clean.Env = append(os.Environ(), "TMPDIR="+temporary)
				output, err := clean.CombinedOutput()
				if err != nil || !strings.Contains(string(output), "Deleted "+temporary) {
					t.Errorf("node clean: %v\n%s\nwant it to delete the node's folder", err, output)
				}
			}
			left, err := os.ReadDir(temporary)
			if err != nil || len(left) > 0 {
				t.Errorf("the folder for temporary files has %v, %v; want nothing", left, err)
			}
		})
	}
}

// signalAfter runs the command, sends it a signal when it has written a text, and waits for its end. It returns what the
// command has written, and its folder for temporary files.
func signalAfter(t *testing.T, binary, until string, signal syscall.Signal) (output, temporary string) {
	t.Helper()
	//nolint:usetesting // its path would be too long for a Unix socket
	temporary, err := os.MkdirTemp("/tmp", "e2e-")
	if err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(temporary) })
	if err := os.Chmod(temporary, 0o755); err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	command := exec.Command(binary, "up")
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatalf("start the command: %v", err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start the command: %v", err)
	}
	timeout := time.AfterFunc(2*time.Minute, func() { _ = command.Process.Kill() })
	defer timeout.Stop()
	var written strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		written.WriteString(lines.Text() + "\n")
		if until != "" && strings.Contains(lines.Text(), until) {
			until = "" // once
			if err := command.Process.Signal(signal); err != nil {
				t.Fatalf("signal the command: %v", err)
			}
		}
	}
	err = command.Wait()
	if until != "" {
		t.Fatalf("the command ended before the signal: %v\n%s", err, written.String())
	}
	return written.String(), temporary
}
