package chart_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

// helmProgram is Helm with the chart, as a release in a namespace of the shared API server.
type helmProgram struct {
	t         *testing.T
	program   string
	namespace string
	// home has the caches.
	home string
}

// run runs a command, which must succeed without a warning, and returns what it prints.
func (h helmProgram) run(arguments ...string) string {
	h.t.Helper()
	output, problems, err := h.try(arguments...)
	if err != nil || problems != "" {
		h.t.Fatalf("helm %s: %v: %s", strings.Join(arguments, " "), err, problems)
	}
	return output
}

// try runs a command, and returns what it prints to stdout and to stderr.
func (h helmProgram) try(arguments ...string) (output, problems string, err error) {
	h.t.Helper()
	command := exec.CommandContext(h.t.Context(), h.program, append(arguments, "--namespace="+h.namespace)...)
	command.Env = []string{"HOME=" + h.home, "KUBECONFIG=" + apiserver.Shared(h.t).Kubeconfig}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	return stdout.String(), stderr.String(), err
}

// values writes YAML documents into files, and returns the arguments that name them. Of two equal values, Helm takes the last.
func (h helmProgram) values(documents ...string) []string {
	h.t.Helper()
	folder := h.t.TempDir()
	var arguments []string
	for i, document := range documents {
		file := filepath.Join(folder, fmt.Sprintf("%d.yaml", i))
		if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
			h.t.Fatal(err)
		}
		arguments = append(arguments, "--values="+file)
	}
	return arguments
}
