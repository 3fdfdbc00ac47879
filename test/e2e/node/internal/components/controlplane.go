package components

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const etcdURL = "https://127.0.0.1:2379"

// startEtcd returns when etcd is ready.
func (c *Components) startEtcd(ctx context.Context) error {
	const peer = "https://127.0.0.1:2380"
	etcd, err := c.run(ctx, "etcd",
		"--name=node",
		"--data-dir="+filepath.Join(c.state, "etcd"),
		"--listen-client-urls="+etcdURL,
		"--advertise-client-urls="+etcdURL,
		"--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer,
		"--initial-cluster=node="+peer,
		"--client-cert-auth",
		"--trusted-ca-file="+c.certificate("ca.crt"),
		"--cert-file="+c.certificate("etcd.crt"),
		"--key-file="+c.certificate("etcd.key"),
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file="+c.certificate("ca.crt"),
		"--peer-cert-file="+c.certificate("etcd.crt"),
		"--peer-key-file="+c.certificate("etcd.key"),
		"--unsafe-no-fsync", // the data is not kept
	)
	if err != nil {
		return err
	}
	return etcd.WaitUntil(ctx, c.healthy(etcdURL+"/health", "kube-apiserver"))
}

// startAPIServer returns when the API server is ready.
func (c *Components) startAPIServer(ctx context.Context) error {
	server, err := c.run(ctx, "kube-apiserver",
		"--bind-address=0.0.0.0",
		"--advertise-address="+Address,
		"--secure-port="+APIPort,
		"--etcd-servers="+etcdURL,
		"--etcd-cafile="+c.certificate("ca.crt"),
		"--etcd-certfile="+c.certificate("kube-apiserver.crt"),
		"--etcd-keyfile="+c.certificate("kube-apiserver.key"),
		"--client-ca-file="+c.certificate("ca.crt"),
		"--tls-cert-file="+c.certificate("kube-apiserver.crt"),
		"--tls-private-key-file="+c.certificate("kube-apiserver.key"),
		"--kubelet-certificate-authority="+c.certificate("ca.crt"),
		"--kubelet-client-certificate="+c.certificate("kube-apiserver.crt"),
		"--kubelet-client-key="+c.certificate("kube-apiserver.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged",
		"--service-cluster-ip-range="+services,
		"--service-account-issuer=https://kubernetes.default.svc."+Domain,
		"--service-account-key-file="+c.certificate("service-account.key"),
		"--service-account-signing-key-file="+c.certificate("service-account.key"),
	)
	if err != nil {
		return err
	}
	return server.WaitUntil(ctx, c.healthy("https://"+Address+":"+APIPort+"/readyz", "administrator"))
}

func (c *Components) startControllerManager(ctx context.Context) error {
	kubeconfig, err := c.kubeconfig("kube-controller-manager")
	if err != nil {
		return err
	}
	_, err = c.run(ctx, "kube-controller-manager",
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		"--allocate-node-cidrs",
		"--cluster-cidr="+pods,
		"--node-cidr-mask-size=24",
		"--service-cluster-ip-range="+services,
		"--use-service-account-credentials",
		"--service-account-private-key-file="+c.certificate("service-account.key"),
		"--root-ca-file="+c.certificate("ca.crt"),
		"--flex-volume-plugin-dir="+volumePlugins, // which is made; the default is a folder of the machine
		"--leader-elect=false",
	)
	return err
}

func (c *Components) startScheduler(ctx context.Context) error {
	kubeconfig, err := c.kubeconfig("kube-scheduler")
	if err != nil {
		return err
	}
	_, err = c.run(ctx, "kube-scheduler",
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
	)
	return err
}

// healthy returns a check that a URL answers 200 to a client with a certificate of the authority.
func (c *Components) healthy(url, certificate string) func(context.Context) error {
	return func(ctx context.Context) error {
		root, err := os.ReadFile(c.certificate("ca.crt"))
		if err != nil {
			return fmt.Errorf("read a certificate: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(root) {
			return errors.New("the file of the certificate authority contains no certificate")
		}
		pair, err := tls.LoadX509KeyPair(c.certificate(certificate+".crt"), c.certificate(certificate+".key"))
		if err != nil {
			return fmt.Errorf("read the certificate of %s: %w", certificate, err)
		}
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
		defer transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("request %s: %w", url, err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}
