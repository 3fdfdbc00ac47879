package controlplane

import (
	"context"
	"path/filepath"
	"strings"
)

// controllers are the ones that a control plane without nodes needs.
var controllers = []string{
	"clusterrole-aggregation-controller",       // adds our roles to admin, edit and view
	"garbage-collector-controller",             // deletes what belongs to a deleted object
	"namespace-controller",                     // empties a deleted namespace
	"root-ca-certificate-publisher-controller", // the API server's authority in every namespace
	"serviceaccount-controller",                // the ServiceAccount "default" in every namespace
}

// startControllerManager does not wait: nothing depends on it immediately.
func (c *ControlPlane) startControllerManager(ctx context.Context) error {
	kubeconfig := filepath.Join(c.options.State, "certificates", "kube-controller-manager.kubeconfig")
	if err := c.writeKubeconfig(kubeconfig, "kube-controller-manager"); err != nil {
		return err
	}
	_, err := c.run(ctx, "kube-controller-manager",
		"--kubeconfig="+kubeconfig,
		"--controllers="+strings.Join(controllers, ","),
		// Each controller has its own role; the program's own has almost no privileges.
		"--use-service-account-credentials",
		"--root-ca-file="+c.authority.File("ca.crt"),
		"--leader-elect=false",
		"--secure-port=0",
	)
	return err
}
