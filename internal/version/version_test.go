package version_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/version"
)

// What a build sets is what a program prints.
func TestVersionOfABuild(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "blog")
	const prefix = "-X github.com/echoblogs/echoblogs/internal/version."
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", prefix+"version=v1.2.3 "+prefix+"revision=abc", "-o", program, "github.com/echoblogs/echoblogs/cmd/blog")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for format, want := range map[string]string{
		"text": "v1.2.3 (revision abc, " + runtime.Version() + ")",
		"json": `{"version":"v1.2.3","revision":"abc","goVersion":"` + runtime.Version() + `"}`,
	} {
		if output, err := exec.CommandContext(t.Context(), program, "version", "--output="+format).Output(); err != nil || strings.TrimSpace(string(output)) != want {
			t.Errorf("%s: %s, %v, want %s", format, output, err, want)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	run := func(arguments ...string) (string, error) {
		var out bytes.Buffer
		cmd := version.Command()
		cmd.SetArgs(arguments)
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		err := cmd.Execute()
		return out.String(), err
	}
	output, err := run("-o", "json")
	var info version.Info
	if err != nil || json.Unmarshal([]byte(output), &info) != nil || info.Version == "" || info.GoVersion != runtime.Version() {
		t.Errorf("it prints %q, error %v", output, err)
	}
	if _, err := run("-o", "yaml"); err == nil || !strings.Contains(err.Error(), "use text or json") {
		t.Errorf("a wrong format: %v", err)
	}
}
