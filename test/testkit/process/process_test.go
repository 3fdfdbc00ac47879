package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/process"
)

// startForParent makes this test program start a child, print its process ID, and wait to be killed by the test that runs
// it.
const startForParent = "PROCESS_TEST_LOG_FILE"

func TestMain(m *testing.M) {
	if log := os.Getenv(startForParent); log != "" {
		child, err := process.Start(context.Background(), process.Spec{Name: "sleep", Path: "/bin/sleep", Args: []string{"600"}, LogFile: log})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(child.PID())
		<-child.Done()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestEndedIncludesTheLog(t *testing.T) {
	t.Parallel()
	program := shell(t, "echo useful >&2; exit 3")
	err := program.Ended()
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "useful") {
		t.Errorf("Ended: %v, want the exit status and the end of the log", err)
	}
}

func TestWaitUntilEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	program := shell(t, "exit 3")
	err := program.WaitUntil(t.Context(), func(context.Context) error { return errors.New("never") })
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("WaitUntil: %v, want how the program ended", err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script  string
		patient bool
		want    string // in the error; empty: none
	}{
		"obedient": {script: "exec sleep 600", patient: true},
		"stubborn": {script: `trap "" TERM; exec sleep 600`, want: "was killed"},
		"ended":    {script: "exit 0", patient: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := shell(t, "echo up; "+test.script)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if !test.patient {
				cancel()
			}
			err := program.Stop(ctx)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("Stop: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("Stop: %v, want an error that contains %q", err, test.want)
			}
			if err := syscall.Kill(program.PID(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("after Stop the program is still running: %v", err)
			}
		})
	}
}

func TestProgramEndsWithItsParent(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatalf("Find this program: %v", err)
	}
	starter := exec.CommandContext(t.Context(), executable)
	starter.Env = append(os.Environ(), startForParent+"="+filepath.Join(t.TempDir(), "log"))
	output, err := starter.StdoutPipe()
	if err != nil {
		t.Fatalf("Read the starter's output: %v", err)
	}
	if err := starter.Start(); err != nil {
		t.Fatalf("Start the starter: %v", err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("Read the child's process ID: %v", err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("The child's process ID: %v", err)
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatalf("Kill the starter: %v", err)
	}
	_ = starter.Wait() // it was killed

	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for runs(child) {
		select {
		case <-deadline:
			t.Fatalf("the program %d is still running 10 s after its starter was killed", child)
		case <-tick.C:
		}
	}
}

// shell starts a script, and waits until it has printed a word or ended.
func shell(t *testing.T, script string) *process.Process {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	program, err := process.Start(t.Context(), process.Spec{Name: "script", Path: "/bin/sh", Args: []string{"-c", script}, LogFile: log})
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = program.Stop(ctx) // if the test has not
	})
	_ = program.WaitUntil(t.Context(), func(context.Context) error {
		said, err := os.ReadFile(log)
		if err == nil && len(said) == 0 {
			err = errors.New("nothing said yet")
		}
		return err
	}) // the end of the script is not a failure
	return program
}

// runs reports whether a process exists and is not a zombie, which init may be slow to reap.
func runs(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "State:\tZ")
}
