package components

import (
	"context"
	"fmt"
	"os/exec"
)

// startProxy starts kube-proxy, which routes the addresses of Services.
func (c *Components) startProxy(ctx context.Context) error {
	kubeconfig, err := c.kubeconfig("kube-proxy")
	if err != nil {
		return err
	}
	_, err = c.run(ctx, "kube-proxy",
		"--kubeconfig="+kubeconfig,
		"--hostname-override="+NodeName,
		"--proxy-mode=iptables",
		"--cluster-cidr="+pods,
		"--bind-address="+Address,
		"--metrics-bind-address=127.0.0.1:10249",
		"--healthz-bind-address=127.0.0.1:10256",
		// These are limits of the whole machine.
		"--conntrack-max-per-core=0",
		"--conntrack-tcp-timeout-established=0s",
		"--conntrack-tcp-timeout-close-wait=0s",
	)
	return err
}

// startRouter starts kube-router, which enforces NetworkPolicies, and returns when it does.
func (c *Components) startRouter(ctx context.Context) error {
	// kube-router ends if its Node does not exist.
	kubelet, err := c.running("kubelet")
	if err != nil {
		return err
	}
	if err := kubelet.WaitUntil(ctx, c.healthy("https://"+Address+":"+APIPort+"/api/v1/nodes/"+NodeName, "administrator")); err != nil {
		return fmt.Errorf("wait for the Node: %w", err)
	}
	kubeconfig, err := c.kubeconfig("administrator")
	if err != nil {
		return err
	}
	router, err := c.run(ctx, "kube-router",
		"--kubeconfig="+kubeconfig,
		"--hostname-override="+NodeName,
		"--run-firewall=true",
		"--run-router=false",
		"--run-service-proxy=false",
		"--run-loadbalancer=false",
		"--service-cluster-ip-range="+services,
		"--health-port=0",
	)
	if err != nil {
		return err
	}
	return router.WaitUntil(ctx, func(ctx context.Context) error {
		return exec.CommandContext(ctx, "iptables", "--wait", "--list-rules", "KUBE-ROUTER-FORWARD").Run()
	})
}
