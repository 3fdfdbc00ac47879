// Package mail_test reads the emails of the public site, and makes their delivery fail, with real processes: operator, blog,
// public site, API server and Postgres.
package mail_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestMain(m *testing.M) { os.Exit(portaltest.Main(m)) }
