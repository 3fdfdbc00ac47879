//go:build e2e

package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// buildPlugin builds the kubectl plugin, and returns a function that runs it in the namespace of the installation.
func (p *product) buildPlugin() func(arguments ...string) string {
	p.t.Helper()
	program := filepath.Join(p.t.TempDir(), "kubectl-echoblogs")
	build := exec.CommandContext(p.t.Context(), "go", "build", "-trimpath", "-o", program, "./cmd/kubectl-echoblogs")
	build.Dir = "../.."
	if output, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("build the plugin: %v\n%s", err, output)
	}
	database := p.inDatabase(p.Postgres.URI)
	return func(arguments ...string) string {
		p.t.Helper()
		arguments = append(arguments, "--namespace="+namespace, "--kubeconfig="+p.Kubeconfig, "--database-uri="+database)
		output, err := exec.CommandContext(p.t.Context(), program, arguments...).CombinedOutput()
		if err != nil {
			p.t.Fatalf("kubectl echoblogs %s: %v\n%s", strings.Join(arguments, " "), err, output)
		}
		return string(output)
	}
}
