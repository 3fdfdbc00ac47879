package components

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

const (
	// ContainerdSocket is where containerd listens, in the mount namespace of the node.
	ContainerdSocket = "/run/containerd/containerd.sock"
	// PauseImage is the image of the container that holds the namespaces of a pod.
	PauseImage = "node.test/pause:1"
)

// startContainerd returns when containerd accepts connections.
func (c *Components) startContainerd(ctx context.Context) error {
	config := filepath.Join(c.state, "containerd.toml")
	// Without restrict_oom_score_adj, no pod starts on a machine whose root lacks CAP_SYS_RESOURCE.
	content := fmt.Sprintf(`version = 4
imports = []
root = '/var/lib/containerd'
state = '/run/containerd'
disabled_plugins = ['io.containerd.nri.v1.nri']

[plugins.'io.containerd.internal.v1.opt']
  path = '/var/lib/containerd/opt'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = %q

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  enable_criu = false

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [%q]
  conf_dir = %q

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = %q
`, PauseImage, c.programs.CNI(), c.cniFolder(), c.programs.Path("runc"))
	if err := os.WriteFile(config, []byte(content), 0o644); err != nil {
		return fmt.Errorf("configure containerd: %w", err)
	}
	containerd, err := c.run(ctx, "containerd", "--config="+config)
	if err != nil {
		return err
	}
	return containerd.WaitUntil(ctx, func(ctx context.Context) error {
		connection, err := new(net.Dialer).DialContext(ctx, "unix", ContainerdSocket)
		if err != nil {
			return err
		}
		return connection.Close()
	})
}
