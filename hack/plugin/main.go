// Command plugin builds the kubectl plugin for users: an archive for each platform, their checksums, and a manifest for krew.
// Run it with `make plugin`, from the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/echoblogs/echoblogs/hack/plugin/archive"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	release := archive.Release{}
	output := flag.String("output", "dist/plugin", "the folder to write to")
	platforms := flag.String("platforms", runtime.GOOS+"/"+runtime.GOARCH, "the platforms, separated by commas, such as linux/amd64,darwin/arm64")
	revision := flag.String("revision", "unknown", "the commit of the plugin")
	flag.StringVar(&release.Version, "version", "dev", "the version of the plugin, such as v1.2.3")
	flag.StringVar(&release.URL, "url", "", "the folder from which users download the archives; defaults to the release of the version on GitHub")
	flag.Parse()
	if release.URL == "" {
		release.URL = "https://github.com/echoblogs/echoblogs/releases/download/" + release.Version
	}
	var err error
	if release.License, err = os.ReadFile("LICENSE"); err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	if err := os.MkdirAll(*output, 0o755); err != nil {
		return fmt.Errorf("create the folder of the archives: %w", err)
	}
	archives, err := build(ctx, release, *output, strings.Split(*platforms, ","), *revision)
	if err != nil {
		return err
	}
	if err := archive.WriteChecksums(filepath.Join(*output, "SHA256SUMS"), archives); err != nil {
		return err
	}
	if !archive.IsVersion(release.Version) {
		fmt.Fprintf(os.Stderr, "There is no manifest for krew, because %s is not a version such as v1.2.3.\n", release.Version)
		return nil
	}
	return release.WriteManifest(filepath.Join(*output, "echoblogs.yaml"), archives)
}

// build compiles and packs the plugin for each platform.
func build(ctx context.Context, release archive.Release, output string, platforms []string, revision string) ([]archive.Archive, error) {
	work, err := os.MkdirTemp("", "echoblogs-plugin-")
	if err != nil {
		return nil, fmt.Errorf("create a folder: %w", err)
	}
	defer os.RemoveAll(work)
	var archives []archive.Archive
	for _, text := range platforms {
		platform, err := archive.ParsePlatform(text)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "Compiling the plugin for %s\n", text)
		program := filepath.Join(work, platform.Program())
		if err := compile(ctx, platform, program, release.Version, revision); err != nil {
			return nil, err
		}
		packed, err := release.Pack(output, platform, program)
		if err != nil {
			return nil, err
		}
		fmt.Printf("%s %s\n", filepath.Join(output, packed.Name), packed.SHA256)
		archives = append(archives, packed)
	}
	return archives, nil
}

// compile compiles the plugin without what only debuggers need.
func compile(ctx context.Context, platform archive.Platform, program, version, revision string) error {
	const variables = " -X github.com/echoblogs/echoblogs/internal/version."
	linkerFlags := "-s -w" + variables + "version=" + version + variables + "revision=" + revision
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+linkerFlags, "-o", program, "./cmd/kubectl-echoblogs")
	command.Env = append(os.Environ(), "GOOS="+platform.OS, "GOARCH="+platform.Architecture)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build the plugin for %s/%s: %w", platform.OS, platform.Architecture, err)
	}
	return nil
}
