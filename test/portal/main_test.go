// Package portal_test visits the public site as people do, by its pages and forms, on real processes: operator, blog,
// public site, API server and Postgres.
package portal_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/stack"
)

func TestMain(m *testing.M) { os.Exit(stack.Main(m)) }
