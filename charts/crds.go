// Package charts contains the CRDs of the Helm chart, for the operator, which updates them: Helm itself never does.
package charts

import (
	"embed"
	"fmt"
)

//go:embed echoblogs/crds/*.yaml
var files embed.FS

// CRDs returns the manifests of the CRDs, one for each kind.
func CRDs() ([][]byte, error) {
	const folder = "echoblogs/crds"
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list the CRDs: %w", err)
	}
	manifests := make([][]byte, len(entries))
	for i, entry := range entries {
		if manifests[i], err = files.ReadFile(folder + "/" + entry.Name()); err != nil {
			return nil, fmt.Errorf("read a CRD: %w", err)
		}
	}
	return manifests, nil
}
