package programs

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// follow runs a build, and reports every few seconds how many packages it has compiled.
func follow(build *exec.Cmd, what string, progress func(string)) error {
	log := &buildLog{}
	build.Stderr = log
	// An interrupt lets go build stop its compilers; a kill would not.
	build.Cancel = func() error { return build.Process.Signal(syscall.SIGINT) }
	progress(what + ", once per machine")
	began := time.Now()
	done := make(chan error, 1)
	go func() { done <- build.Run() }()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			progress(fmt.Sprintf("%s: %d packages, %.0f s", what, log.packages(), time.Since(began).Seconds()))
		case err := <-done:
			if err != nil {
				return fmt.Errorf("go build: %w\n%s", err, log.problems())
			}
			progress(fmt.Sprintf("%s: done in %.0f s", what, time.Since(began).Seconds()))
			return nil
		}
	}
}

// buildLog is the output of go build -v: a line for each package, or for a problem.
type buildLog struct {
	mu      sync.Mutex
	content bytes.Buffer
}

// Write appends to the log.
func (l *buildLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.Write(p)
}

func (l *buildLog) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.content.String()), "\n")
}

func (l *buildLog) packages() int { return len(l.lines()) }

// problems returns the last lines that are neither a package nor a downloaded module.
func (l *buildLog) problems() string {
	var found []string
	for _, line := range l.lines() {
		if strings.Contains(line, " ") && !strings.HasPrefix(line, "go: downloading") {
			found = append(found, line)
		}
	}
	return strings.Join(found[max(0, len(found)-20):], "\n")
}

// pause waits for a second, or until ctx ends.
func pause(ctx context.Context) error {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
