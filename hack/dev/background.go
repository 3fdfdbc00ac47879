package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// poll is the interval at which the state of a demo in the background is checked.
const poll = 100 * time.Millisecond

// up starts the demo in the background, prints its log, and returns when it is
// ready.
func up(ctx context.Context, folder string, port int, out io.Writer) error {
	s, err := openState(folder)
	if err != nil {
		return err
	}
	other, runs, err := s.findRunning()
	if err != nil {
		return err
	}
	if runs && other.port != port {
		return fmt.Errorf("the demo is already running on port %d: stop it with make demo-down", other.port)
	}
	if runs {
		return waitForOther(ctx, s, out)
	}
	child, err := startInBackground(ctx, s, port)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = child.Wait() // its error is in its log, which is printed below
		close(ended)
	}()

	log, err := os.Open(s.log("demo"))
	if err != nil {
		return fmt.Errorf("read the demo's log: %w", err)
	}
	defer log.Close()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		over := false
		select {
		case <-ctx.Done():
			if err := child.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return fmt.Errorf("stop the demo: %w", err)
			}
			<-ended
			over = true
		case <-ended:
			over = true
		case <-tick.C:
		}
		ready := s.has(readyFile) // before the log is copied, which contains the summary by then
		if _, err := io.Copy(out, log); err != nil {
			return fmt.Errorf("show the demo's log: %w", err)
		}
		switch {
		case over:
			return fmt.Errorf("the demo did not start; see %s", s.log("demo"))
		case ready:
			fmt.Fprintln(out, "The demo is running in the background. Stop it with make demo-down; CLEAN=1 deletes its data.")
			return nil
		}
	}
}

// startInBackground starts this program again, detached from the terminal.
func startInBackground(ctx context.Context, s state, port int) (*exec.Cmd, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the demo in the background: %w", err)
	}
	if err := s.remove(readyFile); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(s.log("demo"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the demo's log: %w", err)
	}
	defer log.Close()
	child := exec.CommandContext(context.WithoutCancel(ctx), executable, "run", "--state="+s.folder, "--port="+strconv.Itoa(port))
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("start the demo in the background: %w", err)
	}
	return child, nil
}

// waitForOther returns when a demo that another process has started is ready.
func waitForOther(ctx context.Context, s state, out io.Writer) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for !s.has(readyFile) {
		if _, runs, err := s.findRunning(); err != nil {
			return err
		} else if !runs {
			return fmt.Errorf("the demo that was starting has ended; see %s", s.logs())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	text, err := os.ReadFile(filepath.Join(s.folder, readyFile))
	if err != nil {
		return fmt.Errorf("read the demo's summary: %w", err)
	}
	fmt.Fprintf(out, "The demo is already running.\n%s", text)
	return nil
}

// down stops the running demo, in the foreground or in the background, and
// returns when all of its processes have ended.
func down(ctx context.Context, folder string, clean bool, out io.Writer) error {
	s, err := openState(folder)
	if err != nil {
		return err
	}
	if err := stopRunning(ctx, s, out); err != nil {
		return err
	}
	if !clean {
		return nil
	}
	if err := s.wipe(); err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted its data.")
	return nil
}

func stopRunning(ctx context.Context, s state, out io.Writer) error {
	other, runs, err := s.findRunning()
	if err != nil {
		return err
	}
	if !runs {
		fmt.Fprintln(out, "The demo is not running.")
		return nil
	}
	if err := syscall.Kill(other.pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("signal the demo (process %d): %w", other.pid, err)
	}
	killAfter := time.After(stopTimeout + 15*time.Second)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if _, runs, err := s.findRunning(); err != nil {
			return err
		} else if !runs {
			fmt.Fprintln(out, "Stopped the demo.")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-killAfter:
			// The kernel kills its children with it.
			if err := syscall.Kill(other.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("kill the demo (process %d): %w", other.pid, err)
			}
		case <-tick.C:
		}
	}
}
