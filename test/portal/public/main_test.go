// Package public_test visits the pages of the public site that need no account, sign-up above all, on real
// processes: operator, blog, public site, API server and Postgres.
package public_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestMain(m *testing.M) { os.Exit(portaltest.Main(m)) }
