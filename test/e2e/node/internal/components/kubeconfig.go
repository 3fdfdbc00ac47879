package components

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// WriteKubeconfig writes a kubeconfig for the API server at a URL, with a certificate of the authority in the folder
// certificates. Paths in it are absolute.
func WriteKubeconfig(path, server, certificates, certificate string) error {
	const name = "echoblogs-node"
	file := func(name string) string { return filepath.Join(certificates, name) }
	// JSON is YAML.
	content, err := json.MarshalIndent(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": name,
		"clusters": []any{map[string]any{"name": name, "cluster": map[string]any{
			"server": server, "certificate-authority": file("ca.crt"),
		}}},
		"users": []any{map[string]any{"name": name, "user": map[string]any{
			"client-certificate": file(certificate + ".crt"), "client-key": file(certificate + ".key"),
		}}},
		"contexts": []any{map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": name}}},
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}

// kubeconfig writes the kubeconfig of a program and returns its path.
func (c *Components) kubeconfig(certificate string) (string, error) {
	path := filepath.Join(c.state, certificate+".kubeconfig")
	return path, WriteKubeconfig(path, "https://"+Address+":"+APIPort, filepath.Dir(c.certificate("ca.crt")), certificate)
}
