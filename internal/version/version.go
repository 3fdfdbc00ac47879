// Package version says which build of the product a program is.
package version

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
)

// version and revision are set by the builds of releases and images, with
// -ldflags "-X github.com/echoblogs/echoblogs/internal/version.version=v1.2.3".
var version, revision string

// Info is which build a program is.
type Info struct {
	// Version is that of the release, or of the module. "(devel)": it is neither.
	Version string `json:"version"`
	// Revision is the commit. Empty: unknown.
	Revision string `json:"revision,omitempty"`
	// GoVersion is that of the compiler.
	GoVersion string `json:"goVersion"`
}

// Get returns which build this program is.
func Get() Info {
	info := Info{Version: version, Revision: revision, GoVersion: runtime.Version()}
	if build, ok := debug.ReadBuildInfo(); ok {
		info.Version = cmp.Or(info.Version, build.Main.Version)
		for _, setting := range build.Settings {
			if setting.Key == "vcs.revision" {
				info.Revision = cmp.Or(info.Revision, setting.Value)
			}
		}
	}
	info.Version = cmp.Or(info.Version, "(devel)")
	return info
}

// Command returns the command that prints the version.
func Command() *cobra.Command {
	output := "text"
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info := Get()
			switch output {
			case "text":
				fmt.Fprintf(cmd.OutOrStdout(), "%s (revision %s, %s)\n", info.Version, cmp.Or(info.Revision, "unknown"), info.GoVersion)
			case "json":
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(info); err != nil {
					return fmt.Errorf("print the version: %w", err)
				}
			default:
				return fmt.Errorf("--output=%s is not a format: use text or json", output)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", output, "the format: text or json")
	return cmd
}

// Collector returns the metric echoblogs_build_info, which is always 1.
func Collector() prometheus.Collector {
	info := Get()
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "echoblogs_build_info", Help: "Which build the program is, as labels. Always 1.",
		ConstLabels: prometheus.Labels{"version": info.Version, "revision": info.Revision, "go_version": info.GoVersion},
	})
	gauge.Set(1)
	return gauge
}
