package controlplane_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
)

func TestProgramsHaveVersions(t *testing.T) {
	t.Parallel()
	folder, err := controlplane.Programs(t.Context(), "kube-apiserver", "etcd", "kubectl")
	if err != nil {
		t.Fatalf("Programs: %v", err)
	}
	version, err := exec.CommandContext(t.Context(), filepath.Join(folder, "kube-apiserver"), "--version").Output()
	if err != nil {
		t.Fatalf("kube-apiserver --version: %v", err)
	}
	if !strings.HasPrefix(string(version), "Kubernetes v1.") {
		t.Errorf("kube-apiserver --version prints %q, want Kubernetes v1...", version)
	}
}

func TestProgramsHonoursKubebuilderAssets(t *testing.T) {
	assets := t.TempDir()
	t.Setenv("KUBEBUILDER_ASSETS", assets)
	if err := os.WriteFile(filepath.Join(assets, "etcd"), nil, 0o755); err != nil {
		t.Fatalf("create a program: %v", err)
	}

	got, err := controlplane.Programs(t.Context(), "etcd")
	if err != nil || got != assets {
		t.Errorf("Programs(etcd) = %q, %v; want KUBEBUILDER_ASSETS=%s", got, err, assets)
	}
	// Nothing is built or found elsewhere if KUBEBUILDER_ASSETS is set.
	if got, err := controlplane.Programs(t.Context(), "etcd", "kubectl"); err == nil {
		t.Errorf("Programs(etcd, kubectl) = %q although KUBEBUILDER_ASSETS has no kubectl, want an error", got)
	}
}
