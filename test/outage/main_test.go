// Package outage_test lets the dependencies of operator and blog fail: the API server, the database, its connections, its
// password, its disk and the clock. The operator runs in the process of the test.
package outage_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }
