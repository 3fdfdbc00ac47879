package controlplane

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// WriteAdministratorKubeconfig writes a kubeconfig of a cluster administrator.
func (c *ControlPlane) WriteAdministratorKubeconfig(path string) error {
	return c.writeKubeconfig(path, "administrator")
}

// WriteTokenKubeconfig writes a kubeconfig with a bearer token.
func (c *ControlPlane) WriteTokenKubeconfig(path, token string) error {
	return c.write(path, &api.AuthInfo{Token: token})
}

// writeKubeconfig writes a kubeconfig with a client certificate.
func (c *ControlPlane) writeKubeconfig(path, certificate string) error {
	pair := &api.AuthInfo{}
	var err error
	if pair.ClientCertificateData, err = c.readFile(certificate + ".crt"); err != nil {
		return err
	}
	if pair.ClientKeyData, err = c.readFile(certificate + ".key"); err != nil {
		return err
	}
	return c.write(path, pair)
}

// write writes a kubeconfig that only the current user can read.
func (c *ControlPlane) write(path string, user *api.AuthInfo) error {
	root, err := c.readFile("ca.crt")
	if err != nil {
		return err
	}
	const name = "echoblogs-demo"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: c.server, CertificateAuthorityData: root}
	config.AuthInfos[name] = user
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name, Namespace: c.options.Namespace}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
