package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// progress prints what the demo is doing, with the time since its start.
type progress struct {
	out   io.Writer
	start time.Time
	mu    sync.Mutex
}

func newProgress(out io.Writer) *progress { return &progress{out: out, start: time.Now()} }

func (p *progress) say(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%6.1f s  %s\n", time.Since(p.start).Seconds(), what)
}

// run runs a command that may take minutes, and reports every few seconds that it
// is still running. It prints the output of the command only if that fails.
func (p *progress) run(ctx context.Context, what string, command *exec.Cmd) error {
	p.say(what)
	done := make(chan struct{})
	var output []byte
	var err error
	go func() {
		defer close(done)
		output, err = command.CombinedOutput()
	}()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.say(what + " ...")
		case <-done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", what, err, output)
			}
			return nil
		}
	}
}
