package crash_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A log begins with the version of its program, and is one JSON object for each line, with the time as people and tools read it.
func TestLogs(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.StartOperator("--leader-elect")
	p.WaitReady()
	p.StartBlog(0)
	p.StartPortal(0)
	p.ReadyTenant("alice")
	logs := p.LogsByProgram()
	if len(logs) != 3 {
		t.Fatalf("there are %d logs", len(logs))
	}
	for _, log := range logs {
		written := log[:strings.LastIndex(log, "\n")+1] // the last line may be incomplete
		for i, line := range slices.Collect(strings.Lines(written)) {
			var entry struct {
				Time, Level, Msg, Version string
				Revision                  *string
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Msg == "" {
				t.Errorf("%v in the line %s", err, line)
			}
			if _, err := time.Parse(time.RFC3339, entry.Time); err != nil {
				t.Errorf("%v in the line %s", err, line)
			}
			if i == 0 && (entry.Msg != "Starting" || entry.Version == "" || entry.Revision == nil) {
				t.Errorf("a log begins with %s", line)
			}
		}
	}
}
