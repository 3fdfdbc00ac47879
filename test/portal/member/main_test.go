// Package member_test uses the pages of the public site for logged-in users, invitations and password resets, with real
// processes: operator, blog, public site, API server and Postgres.
package member_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestMain(m *testing.M) { os.Exit(portaltest.Main(m)) }
