// Package crash_test kills operators while they work, and lets the doctor look for damage.
package crash_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestMain(m *testing.M) { os.Exit(stack.Main(m)) }
