package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeCommands writes the programs that users of the demo run. They set what a cluster sets in its pods: the public site
// runs as a process of the demo, so that the plugin cannot run its commands in a Deployment.
func (d *demo) writeCommands() error {
	portal := filepath.Join(d.state.bin(), "portal")
	for name, environment := range map[string][]string{
		"portal": {
			"POD_NAMESPACE=" + namespace, "KUBECONFIG=" + d.accountKubeconfig(portalAccount), "ECHOBLOGS_DATABASE_URI_FILE=" + d.database.portalURIFile,
		},
		"kubectl-echoblogs": {"ECHOBLOGS_PORTAL=" + portal},
	} {
		text := "#!/bin/sh\n# Runs " + name + " with the settings of the demo.\n"
		for _, setting := range environment {
			variable, value, _ := strings.Cut(setting, "=")
			text += fmt.Sprintf("export %s=%s\n", variable, quoteForShell(value))
		}
		text += "exec " + quoteForShell(filepath.Join(d.state.programs(), name)) + ` "$@"` + "\n"
		path := filepath.Join(d.state.bin(), name)
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("replace %s: %w", path, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

func quoteForShell(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
