package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

// pollInterval is how often an uninstallation checks whether objects are gone.
const pollInterval = time.Second

// wait is what an uninstallation waits for: that a number of objects becomes 0.
type wait struct {
	// what says so in messages.
	what string
	// left returns the number.
	left func(context.Context) (int, error)
	// stalled returns the error for a number that does not fall any more.
	stalled func(left int) error
}

// await waits until nothing is left. It gives up if the number has not fallen for as long as progressDeadline.
func (u *uninstallation) await(ctx context.Context, w wait) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	fewest, since := math.MaxInt, time.Now()
	for {
		limited, cancel := context.WithTimeout(ctx, callTimeout)
		left, err := w.left(limited)
		cancel()
		switch {
		case err != nil:
			return err
		case left == 0:
			return nil
		case left < fewest:
			fewest, since = left, time.Now()
		case time.Since(since) > u.progressDeadline:
			return w.stalled(left)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", w.what, ctx.Err())
		}
	}
}
