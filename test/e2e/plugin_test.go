//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// buildPlugin builds the kubectl plugin, and returns a function that runs it with flags, by default in the namespace of the
// installation.
func (p *product) buildPlugin(flags ...string) func(arguments ...string) string {
	p.t.Helper()
	folder := p.buildPluginProgram()
	flags = append([]string{"--namespace=" + namespace, "--kubeconfig=" + p.Kubeconfig}, flags...)
	return func(arguments ...string) string {
		p.t.Helper()
		command := exec.CommandContext(p.t.Context(), filepath.Join(folder, "kubectl-echoblogs"), slices.Concat(flags, arguments)...)
		command.Env = append(os.Environ(), "PATH="+p.Programs()+":"+os.Getenv("PATH")) // it runs kubectl
		output, err := command.CombinedOutput()
		if err != nil {
			p.t.Fatalf("kubectl echoblogs %s: %v\n%s", strings.Join(arguments, " "), err, output)
		}
		return string(output)
	}
}

// buildPluginProgram builds the plugin in a folder of its own, which it returns.
func (p *product) buildPluginProgram() string {
	p.t.Helper()
	folder := p.t.TempDir()
	build := exec.CommandContext(p.t.Context(), "go", "build", "-trimpath", "-o", folder, "./cmd/kubectl-echoblogs")
	build.Dir = "../.."
	if output, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("build the plugin: %v\n%s", err, output)
	}
	return folder
}

// follow runs commands of a page in a folder, with the plugin.
func (p *product) follow(folder, commands string) {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), "bash", "-euo", "pipefail", "-c", commands)
	command.Dir = folder
	command.Env = slices.Concat(os.Environ(), gitEnvironment,
		[]string{"KUBECONFIG=" + p.Kubeconfig, "PATH=" + p.buildPluginProgram() + ":" + p.Programs() + ":" + os.Getenv("PATH")})
	if output, err := command.CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", commands, err, output)
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

// testUnserved creates a Tenant in a namespace without an operator. kubectl warns, and the plugin says why nothing happens.
func (p *product) testUnserved() {
	const unserved = "unserved"
	create := exec.CommandContext(p.t.Context(), filepath.Join(p.Programs(), "kubectl"), "--kubeconfig="+p.Kubeconfig, "apply", "--filename=-")
	create.Stdin = strings.NewReader("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + unserved + "}\n---\n" +
		strings.ReplaceAll(tenant("lost"), "namespace: "+namespace, "namespace: "+unserved))
	output, err := create.CombinedOutput()
	if err != nil {
		p.t.Fatalf("kubectl apply: %v\n%s", err, output)
	}
	if warning := "no operator serves the namespace unserved, so that nothing will happen"; !strings.Contains(string(output), warning) {
		p.t.Errorf("kubectl apply prints %q, want %q", output, warning)
	}
	plugin := p.buildPlugin("--namespace=" + unserved)
	for _, want := range []string{`First problem: Namespace. No operator serves the namespace "unserved"`, "kubectl get namespaces --selector=tenancy.echoblogs.io/served"} {
		if text := plugin("explain", "lost"); !strings.Contains(text, want) {
			p.t.Errorf("kubectl echoblogs explain prints\n%s\nwant %q", text, want)
		}
	}
	if _, err := p.Kubectl(p.t.Context(), "delete", "namespace", unserved, "--timeout=60s"); err != nil {
		p.t.Fatal(err)
	}
}
