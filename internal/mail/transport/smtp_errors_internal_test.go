package transport

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// unnoticed is a context whose deadline has passed without its noticing.
type unnoticed struct{ context.Context }

func (unnoticed) Deadline() (time.Time, bool) { return time.Now(), true }

func TestTimeoutOr(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	limited, end := context.WithTimeout(t.Context(), time.Hour)
	defer end()
	for name, test := range map[string]struct {
		ctx  context.Context
		want error
	}{
		"the connection notices the deadline first": {unnoticed{t.Context()}, errTimeout},
		"canceled":                     {canceled, context.Canceled},
		"before the deadline":          {limited, os.ErrDeadlineExceeded},
		"a context without a deadline": {t.Context(), os.ErrDeadlineExceeded},
	} {
		if got := timeoutOr(test.ctx, os.ErrDeadlineExceeded); !errors.Is(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
