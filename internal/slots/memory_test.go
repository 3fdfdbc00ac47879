package slots_test

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/echoblogs/echoblogs/internal/slots"
)

func TestMemoryShare(t *testing.T) { //nolint:paralleltest // the limit is the process's
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	debug.SetMemoryLimit(256 << 20)
	if got := slots.MemoryShare(4); got != 64<<20 {
		t.Errorf("a quarter of 256 MiB is %d", got)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	if got := slots.MemoryShare(4); got < 1<<50 {
		t.Errorf("without a limit a quarter is %d", got)
	}
}
