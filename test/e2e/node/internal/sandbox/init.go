package sandbox

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Init is the first process in the namespaces. It starts the supervisor in a cgroup namespace whose root are the cgroups
// of the tree, and collects the processes whose parents have ended. It returns when the supervisor ends, which ends
// every process in the namespaces.
func Init(state string) int {
	code, err := runInit(state)
	if err != nil {
		fmt.Fprintln(os.Stderr, InitName+":", err)
		return 1
	}
	return code
}

func runInit(state string) (int, error) {
	if err := joinGroups(Group(state)); err != nil {
		return 0, err
	}
	supervisor, err := syscall.ForkExec("/proc/self/exe", []string{SupervisorName, state}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWCGROUP},
	})
	if err != nil {
		return 0, fmt.Errorf("start the supervisor: %w", err)
	}
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("wait for processes: %w", err)
		case ended == supervisor && status.Signaled():
			return 0, fmt.Errorf("the supervisor was ended by a signal: %s", status.Signal())
		case ended == supervisor:
			return status.ExitStatus(), nil
		}
	}
}
