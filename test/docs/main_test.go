// Package docs_test rehearses the pages on backups, installation and operation: it takes the commands from them, runs them
// against a whole installation, and checks what users see then.
package docs_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestMain(m *testing.M) {
	code := stack.Main(m)
	if all := flag.Lookup("test.run").Value.String() == ""; all && code == 0 && len(rehearsed.taken) > 0 {
		if missed := unrehearsed(); len(missed) > 0 {
			fmt.Fprintf(os.Stderr, "No test runs these commands:\n%s\n", strings.Join(missed, "\n"))
			code = 1
		}
	}
	os.Exit(code)
}
