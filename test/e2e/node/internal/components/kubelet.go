package components

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// volumePlugins is the folder of volume plugins, of which there are none. It is one of the node's own folders.
const volumePlugins = "/var/lib/kubelet/volumeplugins"

// startKubelet does not wait: the caller waits for the Node to be ready.
func (c *Components) startKubelet(ctx context.Context) error {
	kubeconfig, err := c.kubeconfig("kubelet")
	if err != nil {
		return err
	}
	resolver := filepath.Join(c.state, "resolv.conf")
	if err := os.WriteFile(resolver, nil, 0o644); err != nil {
		return fmt.Errorf("configure the kubelet: %w", err)
	}
	// JSON is YAML.
	content, err := json.MarshalIndent(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": false},
			"x509":      map[string]any{"clientCAFile": c.certificate("ca.crt")},
		},
		"authorization":            map[string]any{"mode": "AlwaysAllow"}, // to those with a certificate
		"tlsCertFile":              c.certificate("kubelet.crt"),
		"tlsPrivateKeyFile":        c.certificate("kubelet.key"),
		"address":                  Address,
		"clusterDNS":               []string{DNSAddress},
		"clusterDomain":            Domain,
		"resolvConf":               resolver, // names of the machine's network do not exist here
		"containerRuntimeEndpoint": "unix://" + ContainerdSocket,
		"volumePluginDir":          volumePlugins,
		"failCgroupV1":             false,
		"failSwapOn":               false,
		"cgroupDriver":             "cgroupfs",
		"cgroupsPerQOS":            false,
		"enforceNodeAllocatable":   []string{},
		"maxPods":                  200,
		"syncFrequency":            "10s",
		// The disk is that of the machine. Images cannot be downloaded again.
		"evictionHard":                map[string]string{"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("configure the kubelet: %w", err)
	}
	config := filepath.Join(c.state, "kubelet.yaml")
	if err := os.WriteFile(config, content, 0o644); err != nil {
		return fmt.Errorf("configure the kubelet: %w", err)
	}
	_, err = c.run(ctx, "kubelet",
		"--config="+config,
		"--kubeconfig="+kubeconfig,
		"--hostname-override="+NodeName,
		"--node-ip="+Address,
	)
	return err
}
