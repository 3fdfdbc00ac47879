package archive

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// semantic is a version that krew accepts.
var semantic = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// IsVersion reports whether a text is a version that krew accepts, such as v1.2.3 or v1.2.3-rc.1.
func IsVersion(text string) bool { return semantic.MatchString(text) }

// The manifest of a plugin for krew, in the form of its API version v1alpha2.
type (
	manifest struct {
		APIVersion string       `json:"apiVersion"`
		Kind       string       `json:"kind"`
		Metadata   manifestName `json:"metadata"`
		Spec       manifestSpec `json:"spec"`
	}
	manifestName struct {
		Name string `json:"name"`
	}
	manifestSpec struct {
		Version          string             `json:"version"`
		Homepage         string             `json:"homepage"`
		ShortDescription string             `json:"shortDescription"`
		Description      string             `json:"description"`
		Caveats          string             `json:"caveats"`
		Platforms        []manifestPlatform `json:"platforms"`
	}
	manifestPlatform struct {
		Selector manifestSelector `json:"selector"`
		URI      string           `json:"uri"`
		SHA256   string           `json:"sha256"`
		Bin      string           `json:"bin"`
	}
	manifestSelector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	}
)

const (
	description = `Find out why a Tenant is not Ready, decide about held deletions, create lost Tenants again, publish posts, manage staff, and
uninstall a platform with or without its data.
`
	// krew installs only the program itself, and does not complete the arguments of plugins.
	caveats = `For the completion of arguments, copy a script into a folder on your PATH:
  cp "${KREW_ROOT:-$HOME/.krew}/store/echoblogs/VERSION/kubectl_complete-echoblogs" "${KREW_ROOT:-$HOME/.krew}/bin/"
`
)

// WriteManifest writes the manifest by which krew installs the plugin from the archives.
func (r Release) WriteManifest(path string, archives []Archive) error {
	m := manifest{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin", Metadata: manifestName{Name: "echoblogs"},
		Spec: manifestSpec{
			Version: r.Version, Homepage: "https://github.com/echoblogs/echoblogs", ShortDescription: "Operate the Tenants of an EchoBlogs platform",
			Description: description, Caveats: strings.ReplaceAll(caveats, "VERSION", r.Version),
		},
	}
	for _, archive := range archives {
		m.Spec.Platforms = append(m.Spec.Platforms, manifestPlatform{
			Selector: manifestSelector{MatchLabels: map[string]string{"os": archive.Platform.OS, "arch": archive.Platform.Architecture}},
			URI:      r.URL + "/" + archive.Name, SHA256: archive.SHA256, Bin: archive.Platform.Program(),
		})
	}
	content, err := yaml.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode the manifest for krew: %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("write the manifest for krew: %w", err)
	}
	return nil
}
