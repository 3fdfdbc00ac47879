package portaltest

import (
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// WantLink fails the test unless a command has printed exactly one link, and returns its path.
func WantLink(t *testing.T, printed string, err error) string {
	t.Helper()
	path, ok := strings.CutPrefix(printed, "http://"+stack.Domain)
	if err != nil || !ok || strings.Count(printed, "\n") != 1 {
		t.Fatalf("%v: %q", err, printed)
	}
	return strings.TrimSpace(path)
}

// RefusedWith returns a function that fails the test unless a command has failed with a reason.
func RefusedWith(t *testing.T, reason string) func(printed string, err error) {
	t.Helper()
	return func(printed string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), reason) || printed != "" {
			t.Errorf("refused with %v instead of %q; it printed %q", err, reason, printed)
		}
	}
}
