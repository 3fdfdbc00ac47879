//go:build e2e

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNothingIsLeft interrupts and kills the command, and the tests themselves, in several phases. The machine is compared with
// before by the command itself, and after a kill by node clean.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "node")
	if output, err := exec.Command("go", "build", "-o", binary, "./cmd/node").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, output)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatalf("find the program of the tests: %v", err)
	}
	var (
		up      = []string{binary, "up"}
		makeE2E = []string{"make", "--no-print-directory", "-C", "../..", "e2e", "E2E=-run TestNode"}
		tests   = []string{program, "-test.run=^TestNode$", "-test.v"}
	)
	for _, test := range []struct {
		name    string
		command []string
		// until is the output after which end is called.
		until string
		end   func(pid int) error
		// want is what the command writes at its end.
		want string
	}{
		{"InterruptAtStart", up, "Starting etcd", interrupt, "interrupted"},
		{"TerminateWhileInstalling", up, "Waiting for coredns", terminate, "interrupted"},
		{"InterruptWhenReady", up, "Ready.", interrupt, "The machine is as it was before."},
		{"FailedStart", up, "Starting kubelet", killNode, "the processes of the node ended: signal: killed"},
		{"KillAtStart", up, "Starting kubelet", kill, ""},
		{"KillWhenReady", up, "Ready.", kill, ""},
		{"InterruptTests", makeE2E, "Waiting for coredns", interrupt, "Interrupted. The nodes are being stopped."},
		{"TerminateTests", tests, "Starting etcd", terminate, "Interrupted. The nodes are being stopped."},
		{"KillTests", tests, "Waiting for coredns", kill, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, temporary := endAfter(t, test.command, test.until, test.end)
			if !strings.Contains(output, test.want) || strings.Contains(output, "not as it was") {
				t.Errorf("the command writes:\n%s\nwant %q", output, test.want)
			}
			if test.want == "" { // it was killed
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

// interrupt does what Ctrl-C at a terminal does to a process and those that it has started.
func interrupt(pid int) error { return syscall.Kill(-pid, syscall.SIGINT) }

func terminate(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }

func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// killNode kills the node of a process, so that its start fails.
func killNode(pid int) error {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return err
	}
	for _, thread := range threads {
		children, err := os.ReadFile(thread)
		if err != nil {
			return err
		}
		for child := range strings.FieldsSeq(string(children)) {
			pid, err := strconv.Atoi(child)
			if err != nil {
				return err
			}
			if err := kill(pid); err != nil {
				return err
			}
		}
	}
	return nil
}

// endAfter runs a command, calls end when it has written a text, and waits for its end. It returns what the command has
// written, and its folder for temporary files.
func endAfter(t *testing.T, arguments []string, until string, end func(pid int) error) (output, temporary string) {
	t.Helper()
	//nolint:usetesting // its path would be too long for a Unix socket
	temporary, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(temporary) })
	if err := os.Chmod(temporary, 0o755); err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	command := exec.Command(arguments[0], arguments[1:]...)
	// A make that runs this test passes on its own arguments.
	command.Env = append(slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "MAKE") }), "TMPDIR="+temporary)
	// If these tests are interrupted, it is by them, and not by the terminal as well: a second signal would kill it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	text, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		t.Fatalf("start the command: %v", err)
	}
	pid := command.Process.Pid
	defer endWithTests(func() { _ = interrupt(pid) })()
	timeout := time.AfterFunc(5*time.Minute, func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
	defer timeout.Stop()
	go func() { writer.CloseWithError(command.Wait()) }()
	var written strings.Builder
	for lines := bufio.NewScanner(text); lines.Scan(); {
		written.WriteString(lines.Text() + "\n")
		if until != "" && strings.Contains(lines.Text(), until) {
			until = "" // once
			if err := end(pid); err != nil {
				t.Errorf("end the command: %v", err)
			}
		}
	}
	if until != "" {
		t.Fatalf("the command has ended before it wrote %q:\n%s", until, written.String())
	}
	return written.String(), temporary
}
