// Command teststack runs another command, such as go test, with an installation that the tests of all packages share: the
// programs, built once, and a control plane. It stops the control plane when the command ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "teststack:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run returns the exit code of the command.
func run(arguments []string) (code int, err error) {
	if len(arguments) == 0 {
		return 0, errors.New("usage: teststack COMMAND [ARGUMENT...]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	variable, end, err := stack.Share(ctx)
	if err != nil {
		return 0, fmt.Errorf("start the installation: %w", err)
	}
	defer func() { err = errors.Join(err, end(code == 0 && err == nil)) }()

	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Env = append(os.Environ(), variable)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	// The kernel sends the parent-death signal when the thread that started the command ends.
	runtime.LockOSThread()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	// Ctrl-C ends what the command runs, too: the compiler and the tests.
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	err = command.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		// Killed by a signal, a command has the code -1.
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", arguments[0], err)
	}
	return 0, nil
}
