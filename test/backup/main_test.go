// Package backup_test rehearses docs/backup.md, and a part of docs/operations.md: it takes the commands from the page, runs them
// against a whole installation, and checks what users see then.
package backup_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestMain(m *testing.M) {
	code := stack.Main(m)
	if all := flag.Lookup("test.run").Value.String() == ""; all && code == 0 && len(rehearsed.taken) > 0 {
		if missed := unrehearsed(); len(missed) > 0 {
			fmt.Fprintf(os.Stderr, "No test runs the commands in these sections of docs/backup.md: %q\n", missed)
			code = 1
		}
	}
	os.Exit(code)
}
