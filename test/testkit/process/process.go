// Package process runs other programs as children that never outlive this
// process. Linux only.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Spec describes a program to run.
type Spec struct {
	// Name identifies the program in messages.
	Name string
	// Path is the file of the program, Args are its arguments, and Env is added to
	// the environment of this process.
	Path string
	Args []string
	Env  []string
	// LogFile is appended to with the output of the program.
	LogFile string
}

// Process is a started program.
type Process struct {
	spec    Spec
	command *exec.Cmd
	done    chan struct{} // closed when the program has ended
	ended   error         // how it ended; set before done is closed
}

// Start starts the program, which outlives ctx. The kernel kills it when this
// process ends for any reason. Ctrl-C at the terminal does not interrupt it, so
// that the caller can stop programs in order.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	log, err := os.OpenFile(spec.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", spec.Name, err)
	}
	defer log.Close()
	command := exec.CommandContext(context.WithoutCancel(ctx), spec.Path, spec.Args...)
	command.Env = append(os.Environ(), spec.Env...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}

	p := &Process{spec: spec, command: command, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the parent-death signal when the thread that started
		// the child ends, so that thread must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err != nil {
			return
		}
		p.ended = command.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return p, nil
}

// Name returns the name from the Spec.
func (p *Process) Name() string { return p.spec.Name }

// PID returns the process ID of the program.
func (p *Process) PID() int { return p.command.Process.Pid }

// Done returns a channel that is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended waits for the end of the program and returns how it ended, with the last
// lines of its log.
func (p *Process) Ended() error {
	<-p.done
	how := "without an error"
	if p.ended != nil {
		how = p.ended.Error()
	}
	return fmt.Errorf("%s ended (%s); its log, %s, ends with:\n%s", p.spec.Name, how, p.spec.LogFile, logTail(p.spec.LogFile))
}

// WaitUntil repeats check until it returns nil. It fails if the program or ctx
// ends before.
func (p *Process) WaitUntil(ctx context.Context, check func(context.Context) error) error {
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.Ended()
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time (%w); see its log, %s", p.spec.Name, err, p.spec.LogFile)
		case <-retry.C:
		}
	}
}

// Stop sends SIGTERM, and kills the program if ctx ends before it does.
func (p *Process) Stop(ctx context.Context) error {
	err := p.command.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", p.spec.Name, err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		_ = p.command.Process.Kill() // it fails only if the program has ended
		<-p.done
		return fmt.Errorf("%s did not stop on SIGTERM and was killed", p.spec.Name)
	}
}

// logTail returns the last lines of a log.
func logTail(path string) string {
	const lines, bytes = 8, 8192
	log, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return err.Error()
	}
	tail := make([]byte, min(bytes, info.Size()))
	if _, err := log.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return err.Error()
	}
	last := strings.Split(strings.TrimSpace(string(tail)), "\n")
	return strings.Join(last[max(0, len(last)-lines):], "\n")
}
