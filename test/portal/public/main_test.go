// Package public_test uses the pages of the public site that need no account, above all sign-up, with real processes:
// operator, blog, public site, API server and Postgres.
package public_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestMain(m *testing.M) { os.Exit(portaltest.Main(m)) }
