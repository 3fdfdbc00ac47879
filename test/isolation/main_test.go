// Package isolation_test tries to see one tenant's posts under another's host, and to bypass the admission policy.
package isolation_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestMain(m *testing.M) { os.Exit(stack.Main(m)) }
