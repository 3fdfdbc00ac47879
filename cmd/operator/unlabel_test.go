package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A failure would be one of "helm uninstall", which has removed everything else by then.
func TestUnlabelNamespaceWithoutAPIServer(t *testing.T) {
	t.Parallel()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	const content = `{"apiVersion": "v1", "kind": "Config", "current-context": "c",
		"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}], "contexts": [{"name": "c", "context": {"cluster": "c"}}]}`
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	cmd := unlabelNamespaceCommand()
	cmd.SetArgs([]string{"--namespace=blogs", "--kubeconfig=" + kubeconfig})
	cmd.SetErr(&log)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); err != nil {
		t.Errorf("the command fails: %v", err)
	}
	if !strings.Contains(log.String(), "The label stays") {
		t.Errorf("the log is %q", log.String())
	}
}
