package controlplane

import (
	"context"
	"path/filepath"
	"strings"
)

// controllers are those that a control plane without nodes has use for.
var controllers = []string{
	"clusterrole-aggregation-controller",       // adds our roles to admin, edit and view
	"garbage-collector-controller",             // deletes what belongs to a deleted object
	"namespace-controller",                     // empties a deleted namespace
	"root-ca-certificate-publisher-controller", // the API server's authority in every namespace
	"serviceaccount-controller",                // the account default in every namespace
}

// startControllerManager does not wait: nothing depends on it at once.
func (c *ControlPlane) startControllerManager(ctx context.Context) error {
	kubeconfig := filepath.Join(c.options.State, "certificates", "kube-controller-manager.kubeconfig")
	if err := c.writeKubeconfig(kubeconfig, "kube-controller-manager"); err != nil {
		return err
	}
	_, err := c.run(ctx, "kube-controller-manager",
		"--kubeconfig="+kubeconfig,
		"--controllers="+strings.Join(controllers, ","),
		// Each controller has a Role of its own; the program's has next to nothing.
		"--use-service-account-credentials",
		"--root-ca-file="+c.authority.file("ca.crt"),
		"--leader-elect=false",
		"--secure-port=0",
	)
	return err
}
