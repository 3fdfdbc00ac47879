// Package sandbox runs a process tree in namespaces and cgroups of its own: network, mounts, process IDs, host name and
// IPC. The kernel removes everything in them when the first process of the tree ends, for any reason. Only the cgroups
// are left to remove. It needs root on Linux.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

const (
	// InitName is the name, argument 0, under which this program runs itself as the first process in the namespaces.
	InitName = "echoblogs-node-init"
	// SupervisorName is the name under which InitName runs this program to do the work.
	SupervisorName = "echoblogs-node-supervisor"
)

// Sandbox is a running process tree.
type Sandbox struct {
	command *exec.Cmd
	alive   *os.File // its other end is the standard input of the tree, which ends when this end is closed
	group   string
	done    chan struct{}
	ended   error
}

// Start starts this program as InitName, and as SupervisorName with the folder state as argument. Output receives the
// standard output of the tree, and log its standard error. The tree ends when this process does.
func Start(state string, output io.Writer, log *os.File) (*Sandbox, error) {
	group := Group(state)
	if err := createGroups(group); err != nil {
		return nil, errors.Join(err, RemoveGroups(context.Background(), group))
	}
	stdin, alive, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create a pipe: %w", err), RemoveGroups(context.Background(), group))
	}
	defer stdin.Close()

	//nolint:noctx // the tree outlives the call that starts it
	command := exec.Command("/proc/self/exe", state)
	command.Args[0] = InitName
	command.Stdin, command.Stdout, command.Stderr = stdin, output, log
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true, // Ctrl-C at a terminal does not interrupt it: the caller stops it
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	s := &Sandbox{command: command, alive: alive, group: group, done: make(chan struct{})}
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start a process in namespaces of its own: %w", err), alive.Close(), RemoveGroups(context.Background(), group))
	}
	go func() {
		s.ended = command.Wait()
		close(s.done)
	}()
	return s, nil
}

// Group returns the name of the cgroups of a tree whose state is in a folder.
func Group(state string) string { return filepath.Base(state) }

// Done returns a channel that is closed when the tree has ended.
func (s *Sandbox) Done() <-chan struct{} { return s.done }

// Ended waits for the end of the tree and returns how it ended.
func (s *Sandbox) Ended() error {
	<-s.done
	if s.ended == nil {
		return errors.New("the processes of the node ended")
	}
	return fmt.Errorf("the processes of the node ended: %w", s.ended)
}

// Stop kills every process of the tree, and removes its cgroups.
func (s *Sandbox) Stop(ctx context.Context) error {
	if err := s.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the processes of the node: %w", err)
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		return fmt.Errorf("wait for the end of the node's processes: %w", ctx.Err())
	}
	return errors.Join(s.alive.Close(), RemoveGroups(ctx, s.group))
}
