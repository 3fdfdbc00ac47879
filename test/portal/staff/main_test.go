// Package staff_test uses the staff pages of the public site, and the command that adds staff, with real processes: operator,
// blog, public site, API server and Postgres.
package staff_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestMain(m *testing.M) { os.Exit(portaltest.Main(m)) }
