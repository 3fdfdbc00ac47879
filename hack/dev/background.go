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

// poll is how often the state of a demo in the background is looked at.
const poll = 100 * time.Millisecond

// up starts the demo in the background, shows what it says, and returns when it
// is ready.
func up(ctx context.Context, folder string, port int, out io.Writer) error {
	s, err := openState(folder)
	if err != nil {
		return err
	}
	who, runs, err := s.whoRuns()
	if err != nil {
		return err
	}
	if runs && who.port != port {
		return fmt.Errorf("it runs already, on port %d: stop it first with make demo-down", who.port)
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
		_ = child.Wait() // what it says on its way out is in its log, which is shown
		close(ended)
	}()

	log, err := os.Open(s.log("demo"))
	if err != nil {
		return fmt.Errorf("reading the demo's log: %w", err)
	}
	defer log.Close()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		over := false
		select {
		case <-ctx.Done():
			if err := child.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return fmt.Errorf("stopping the demo: %w", err)
			}
			<-ended
			over = true
		case <-ended:
			over = true
		case <-tick.C:
		}
		ready := s.has(readyFile) // looked at first: the summary is said after it
		if _, err := io.Copy(out, log); err != nil {
			return fmt.Errorf("showing the demo's log: %w", err)
		}
		switch {
		case over:
			return fmt.Errorf("it did not start; its log is %s", s.log("demo"))
		case ready:
			fmt.Fprintln(out, "It runs in the background. Stop it with make demo-down; CLEAN=1 wipes its data.")
			return nil
		}
	}
}

// startInBackground starts this program anew, away from our terminal.
func startInBackground(ctx context.Context, s state, port int) (*exec.Cmd, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the demo in the background: %w", err)
	}
	if err := s.remove(readyFile); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(s.log("demo"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the demo's log: %w", err)
	}
	defer log.Close()
	child := exec.CommandContext(context.WithoutCancel(ctx), executable, "run", "--state="+s.folder, "--port="+strconv.Itoa(port))
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("starting the demo in the background: %w", err)
	}
	return child, nil
}

// waitForOther returns when a demo that somebody else started is ready.
func waitForOther(ctx context.Context, s state, out io.Writer) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for !s.has(readyFile) {
		if _, runs, err := s.whoRuns(); err != nil {
			return err
		} else if !runs {
			return fmt.Errorf("the one that was starting has ended; see %s", s.logs())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	text, err := os.ReadFile(filepath.Join(s.folder, readyFile))
	if err != nil {
		return fmt.Errorf("reading what the demo says: %w", err)
	}
	fmt.Fprintf(out, "The demo runs already.\n%s", text)
	return nil
}

// down stops the demo that runs, in the foreground or in the background, and
// returns when nothing of it is left.
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
	fmt.Fprintln(out, "Wiped its data.")
	return nil
}

func stopRunning(ctx context.Context, s state, out io.Writer) error {
	who, runs, err := s.whoRuns()
	if err != nil {
		return err
	}
	if !runs {
		fmt.Fprintln(out, "The demo does not run.")
		return nil
	}
	if err := syscall.Kill(who.pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("asking the demo (process %d) to stop: %w", who.pid, err)
	}
	killAfter := time.After(stopTimeout + 15*time.Second)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if _, runs, err := s.whoRuns(); err != nil {
			return err
		} else if !runs {
			fmt.Fprintln(out, "Stopped the demo.")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-killAfter:
			// The kernel kills its parts with it.
			if err := syscall.Kill(who.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("ending the demo (process %d): %w", who.pid, err)
			}
		case <-tick.C:
		}
	}
}
