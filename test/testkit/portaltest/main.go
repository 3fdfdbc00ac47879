package portaltest

import (
	"flag"
	"strconv"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// parallel is how many tests of a package run in parallel: most of the time they wait for a lease or a hold to end.
const parallel = 6

// Main runs the tests of a package and returns the code for os.Exit.
func Main(m *testing.M) int {
	if err := flag.Set("test.parallel", strconv.Itoa(parallel)); err != nil {
		panic(err)
	}
	return stack.Main(m)
}
