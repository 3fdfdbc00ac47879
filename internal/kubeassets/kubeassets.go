// Package kubeassets finds the programs of a Kubernetes control plane, of which
// the tests and the demo run a real one.
package kubeassets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Dir returns the folder that holds the named programs: etcd, kube-apiserver,
// kube-controller-manager, kubectl. That is KUBEBUILDER_ASSETS where it is set,
// else a cache of this machine, into which hack/kube/build.sh builds what is
// missing; that takes minutes, and its progress goes to the standard error.
// The working directory has to be inside the repository.
func Dir(ctx context.Context, programs ...string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, filepath.Join(root, "hack", "kube", "build.sh"), programs...)
	build.Stderr = os.Stderr
	// Interrupted rather than killed, it ends the compiler that it runs.
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) }
	folder, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("building the control plane with %s: %w", build.Path, err)
	}
	return strings.TrimSpace(string(folder)), nil
}

// moduleRoot returns the folder of the repository, where go.mod and hack are.
func moduleRoot() (string, error) {
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for folder := working; ; folder = filepath.Dir(folder) {
		_, err := os.Stat(filepath.Join(folder, "hack", "kube", "build.sh"))
		if err == nil {
			return folder, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("finding the repository: %w", err)
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("%s is not inside the EchoBlogs repository", working)
		}
	}
}
