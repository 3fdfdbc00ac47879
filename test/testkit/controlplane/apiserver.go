package controlplane

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// startAPIServer returns when the API server is ready.
func (c *ControlPlane) startAPIServer(ctx context.Context, etcd string, port int) error {
	file := c.authority.File
	server, err := c.run(ctx, "kube-apiserver",
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port="+strconv.Itoa(port),
		// No pod looks up the endpoints of the API server.
		"--endpoint-reconciler-type=none",
		"--etcd-servers="+etcd,
		"--etcd-cafile="+file("ca.crt"),
		"--etcd-certfile="+file("kube-apiserver.crt"),
		"--etcd-keyfile="+file("kube-apiserver.key"),
		"--client-ca-file="+file("ca.crt"),
		"--tls-cert-file="+file("kube-apiserver.crt"),
		"--tls-private-key-file="+file("kube-apiserver.key"),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+file("service-account.key"),
		"--service-account-signing-key-file="+file("service-account.key"),
	)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client, err := c.httpClient("administrator")
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return server.WaitUntil(ctx, func(ctx context.Context) error {
		return expect(ctx, client, c.server+"/readyz", http.StatusOK)
	})
}

// httpClient returns a client that trusts our authority and presents a certificate.
func (c *ControlPlane) httpClient(certificate string) (*http.Client, error) {
	root, err := c.readFile("ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(root) {
		return nil, errors.New("the file of the certificate authority contains no certificate")
	}
	pair, err := tls.LoadX509KeyPair(c.authority.File(certificate+".crt"), c.authority.File(certificate+".key"))
	if err != nil {
		return nil, fmt.Errorf("read the certificate of %s: %w", certificate, err)
	}
	return &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}},
	}, nil
}

// expect requests a URL and fails unless the response has the status.
func expect(ctx context.Context, client *http.Client, address string, status int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("request %s: %w", address, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	if response.StatusCode != status {
		return fmt.Errorf("%s answers %s", address, response.Status)
	}
	return nil
}
