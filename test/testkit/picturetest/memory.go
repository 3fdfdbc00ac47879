package picturetest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// MaxMemory is what decoding and resizing any accepted picture may take beyond the idle process, in bytes.
const MaxMemory = 96_000_000

// MemoryOf returns a line of the status of this process, in bytes, such as VmRSS; see proc(5).
func MemoryOf(t *testing.T, line string) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), line+":")
	kib, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// WantMemory runs a test of this program with further variables in a process of its own, which prints "measured", a space and how
// many bytes it has taken. It fails if these are more than MaxMemory.
func WantMemory(t *testing.T, test string, variables ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.v", "-test.timeout=5m")
	command.Env = append(append(os.Environ(), variables...), "GOGC=100", "GOMEMLIMIT=off")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	_, line, _ := strings.Cut(string(output), "measured ")
	line, _, _ = strings.Cut(line, "\n")
	var took int64
	if _, err := fmt.Sscanf(line, "%d", &took); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	t.Logf("%s", line)
	if took > MaxMemory {
		t.Errorf("it takes %d bytes, and may take %d", took, MaxMemory)
	}
}
