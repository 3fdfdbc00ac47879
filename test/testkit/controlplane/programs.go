package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// Programs returns the folder that holds the named programs: etcd,
// kube-apiserver, kube-controller-manager, kubectl. It is KUBEBUILDER_ASSETS if
// that is set, otherwise a cache of this machine into which hack/kube/build.sh
// builds what is missing. A build takes minutes and reports its progress on
// stderr. The working directory must be inside the repository.
func Programs(ctx context.Context, names ...string) (string, error) {
	root, err := repository.Root()
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
