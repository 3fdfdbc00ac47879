package reader

import (
	"sync/atomic"
	"time"
)

// maxStepBack is how far a clock is set back that was a little wrong. One that is set back further was wrong altogether: what
// appeared by it appeared too early.
const maxStepBack = time.Hour

// steadyClock does not go back with the clock that it reads: what readers have seen does not vanish when that is corrected, until
// it has caught up.
type steadyClock struct {
	read   func() time.Time
	latest atomic.Int64 // the latest time that was returned, in nanoseconds of Unix time
}

// now returns the time.
func (c *steadyClock) now() time.Time {
	now := c.read()
	for {
		latest, at := c.latest.Load(), now.UnixNano()
		if at < latest && latest-at <= int64(maxStepBack) {
			return time.Unix(0, latest).UTC()
		}
		if at == latest || c.latest.CompareAndSwap(latest, at) {
			return now
		}
	}
}
