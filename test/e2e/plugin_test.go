//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// buildPlugin builds the kubectl plugin, and returns a function that runs it with flags in the namespace of the installation.
func (p *product) buildPlugin(flags ...string) func(arguments ...string) string {
	p.t.Helper()
	program := filepath.Join(p.t.TempDir(), "kubectl-echoblogs")
	build := exec.CommandContext(p.t.Context(), "go", "build", "-trimpath", "-o", program, "./cmd/kubectl-echoblogs")
	build.Dir = "../.."
	if output, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("build the plugin: %v\n%s", err, output)
	}
	flags = append(flags, "--namespace="+namespace, "--kubeconfig="+p.Kubeconfig)
	return func(arguments ...string) string {
		p.t.Helper()
		command := exec.CommandContext(p.t.Context(), program, slices.Concat(arguments, flags)...)
		command.Env = append(os.Environ(), "PATH="+p.Programs()+":"+os.Getenv("PATH")) // it runs kubectl
		output, err := command.CombinedOutput()
		if err != nil {
			p.t.Fatalf("kubectl echoblogs %s: %v\n%s", strings.Join(arguments, " "), err, output)
		}
		return string(output)
	}
}

// withDatabase is the flag for the database as this machine reaches it.
func (p *product) withDatabase() string { return "--database-uri=" + p.inDatabase(p.Postgres.URI) }

// testInspection runs the commands that need the database where that has no name, so that they run in a pod of the operator.
func (p *product) testInspection() {
	plugin := p.buildPlugin()
	if text := plugin("explain", "t0"); !strings.Contains(text, "No problem was found: t0 is served at "+p.blog("t0")) || !strings.Contains(text, "Its row has the ID ") {
		p.t.Errorf("kubectl echoblogs explain prints\n%s", text)
	}
	if text := plugin("doctor"); !strings.Contains(text, "No problems found.") {
		p.t.Errorf("kubectl echoblogs doctor prints\n%s", text)
	}
}
