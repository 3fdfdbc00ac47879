package components

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// configureNetwork sets up the network namespace. It has no default route, so no packet leaves it.
func (c *Components) configureNetwork(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for _, arguments := range []string{
		"link set lo up",
		// A bridge, because not every kernel has dummy links.
		"link add node0 type bridge",
		"address add " + Address + "/32 dev node0",
		"link set node0 up",
		// Without a route, the node itself could not connect to a Service, whose address kube-proxy replaces.
		"route add " + services + " dev node0",
		// A packet to a pod that has ended is dropped.
		"route add blackhole " + pods,
	} {
		if output, err := exec.CommandContext(ctx, "ip", strings.Fields(arguments)...).CombinedOutput(); err != nil {
			return fmt.Errorf("set up the network: ip %s: %w\n%s", arguments, err, output)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("set up the network: %w", err)
	}
	return c.configureCNI()
}

// configureCNI connects each pod with the node by a link of its own. Unlike a bridge, that lets all its packets pass the
// chain FORWARD, where policies apply.
func (c *Components) configureCNI() error {
	content := `{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [{
    "type": "ptp",
    "ipam": {"type": "host-local", "ranges": [[{"subnet": "` + pods + `"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/var/lib/cni/networks"}
  }]
}
`
	if err := os.MkdirAll(c.cniFolder(), 0o755); err != nil {
		return fmt.Errorf("configure CNI: %w", err)
	}
	if err := os.WriteFile(filepath.Join(c.cniFolder(), "pods.conflist"), []byte(content), 0o644); err != nil {
		return fmt.Errorf("configure CNI: %w", err)
	}
	return nil
}

func (c *Components) cniFolder() string { return filepath.Join(c.state, "cni") }
