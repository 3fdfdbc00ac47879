// Package isolation_test tries to get one tenant's posts under another's host, and what else nobody may do.
package isolation_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestMain(m *testing.M) { os.Exit(stack.Main(m)) }
