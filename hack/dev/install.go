package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
)

// install finds or builds all programs and puts them into the state folder,
// except those of the control plane, whose folder it returns. writeCommands
// writes those that users run.
func install(ctx context.Context, s state, p *progress) (controlPlane string, err error) {
	p.say("Looking for PostgreSQL and a Kubernetes control plane")
	postgres := exec.CommandContext(ctx, "hack/postgres/install.sh")
	postgres.Stderr = p.out
	if err := postgres.Run(); err != nil {
		return "", fmt.Errorf("install PostgreSQL: %w", err)
	}
	controlPlane, err = controlplane.Programs(ctx, "etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
	if err != nil {
		return "", err
	}
	if err := link(filepath.Join(controlPlane, "kubectl"), filepath.Join(s.bin(), "kubectl")); err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.programs()+"/", "./cmd/...")
	return controlPlane, p.run(ctx, "Building the operator, the blog and the public site", build)
}

// link creates or replaces a symbolic link.
func link(target, path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	if err := os.Symlink(target, path); err != nil {
		return fmt.Errorf("link %s: %w", path, err)
	}
	return nil
}
