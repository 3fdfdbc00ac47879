// Package portal_test visits the public site as people do, by its pages and forms, on real processes: operator, blog,
// public site, API server and Postgres.
package portal_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// atOnce is how many tests run side by side: most of the time they wait for a lease or a hold to be over.
const atOnce = 6

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", fmt.Sprint(atOnce)); err != nil {
		panic(err)
	}
	os.Exit(stack.Main(m))
}
