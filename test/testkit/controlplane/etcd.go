package controlplane

import (
	"context"
	"net/http"
	"path/filepath"
)

// startEtcd returns when etcd is ready. It requires client certificates, because
// etcd contains every Secret.
func (c *ControlPlane) startEtcd(ctx context.Context, clientURL, peerURL string) error {
	file := c.authority.File
	arguments := []string{
		"--name=demo",
		"--data-dir=" + filepath.Join(c.options.State, "etcd"),
		"--listen-client-urls=" + clientURL,
		"--advertise-client-urls=" + clientURL,
		"--listen-peer-urls=" + peerURL,
		"--initial-advertise-peer-urls=" + peerURL,
		"--initial-cluster=demo=" + peerURL,
		"--client-cert-auth",
		"--trusted-ca-file=" + file("ca.crt"),
		"--cert-file=" + file("etcd.crt"),
		"--key-file=" + file("etcd.key"),
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file=" + file("ca.crt"),
		"--peer-cert-file=" + file("etcd.crt"),
		"--peer-key-file=" + file("etcd.key"),
	}
	if c.options.DataMayBeLost {
		arguments = append(arguments, "--unsafe-no-fsync")
	}
	etcd, err := c.run(ctx, "etcd", arguments...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client, err := c.httpClient("kube-apiserver")
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return etcd.WaitUntil(ctx, func(ctx context.Context) error {
		return expect(ctx, client, clientURL+"/health", http.StatusOK)
	})
}
