package controlplane

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

// Programs returns the folder that holds the named programs: etcd,
// kube-apiserver, kube-controller-manager, kubectl. It is KUBEBUILDER_ASSETS if
// that is set, otherwise a cache of this machine into which hack/kube/build.sh
// builds what is missing. A build takes minutes and reports its progress on
// stderr. The working directory must be inside the repository.
func Programs(ctx context.Context, names ...string) (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, filepath.Join(root, "hack", "kube", "build.sh"), names...)
	build.Stderr = os.Stderr
	// An interrupt lets the script stop the compiler that it runs; a kill would not.
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) }
	folder, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("build the control plane with %s: %w", build.Path, err)
	}
	return strings.TrimSpace(string(folder)), nil
}

// repositoryRoot returns the folder that holds hack/kube/build.sh. The nested
// modules have a go.mod of their own, so that file would not do.
func repositoryRoot() (string, error) {
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for folder := working; ; folder = filepath.Dir(folder) {
		_, err := os.Stat(filepath.Join(folder, "hack", "kube", "build.sh"))
		if err == nil {
			return folder, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the repository: %w", err)
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("%s is not inside the EchoBlogs repository", working)
		}
	}
}
