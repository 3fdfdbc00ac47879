package portaltest

import (
	"fmt"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// RestorePath returns the address of the form by which staff restore the newest tombstone of a name.
func RestorePath(t *testing.T, p *stack.Platform, name string) string {
	t.Helper()
	id, err := p.Tombstone(t.Context(), name)
	if err != nil {
		t.Fatalf("tombstone of %s: %v", name, err)
	}
	return fmt.Sprintf("/staff/tombstones/%d/restore/", id)
}
