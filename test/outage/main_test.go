// Package outage_test takes away what the operator and the blog depend on: the API server, the database, its connections,
// its password, its disk, the right time. The operator runs in the process of the test.
package outage_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }
