package node

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/components"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/control"
)

// Postgres describes the database server of a node. It is outside of the cluster, and accepts only connections with TLS.
type Postgres struct {
	// URI is the administrator's connection string on this machine, with verify-full.
	URI string
	// PodURI is the administrator's connection string in a pod. It names no file of the authority: the pod adds
	// sslrootcert.
	PodURI string
	// Host is the server's name in a pod, which is in its certificate. Its port is 5432.
	Host string
	// CA is the file with the certificate of the authority.
	CA string
}

// HostAddress is the address in pods of what Expose exposes, and of Postgres. HostName is its name.
const (
	HostAddress = components.Address
	HostName    = components.HostName
)

// forwardPorts makes the API server, Traefik and Postgres available on loopback ports of this machine.
func (n *Node) forwardPorts(ctx context.Context) error {
	api, err := n.Forward(ctx, net.JoinHostPort(components.Address, components.APIPort))
	if err != nil {
		return err
	}
	n.Kubeconfig = filepath.Join(n.state, "kubeconfig")
	certificates := filepath.Join(n.state, "certificates")
	if err := components.WriteKubeconfig(n.Kubeconfig, "https://"+api, certificates, "administrator"); err != nil {
		return err
	}
	if n.has(Traefik) {
		if n.HTTP, err = n.Forward(ctx, net.JoinHostPort(traefikAddress, "80")); err != nil {
			return err
		}
		if n.HTTPS, err = n.Forward(ctx, net.JoinHostPort(traefikAddress, "443")); err != nil {
			return err
		}
	}
	database, err := n.Forward(ctx, net.JoinHostPort(components.Address, components.PostgresPort))
	if err != nil {
		return err
	}
	n.Postgres = Postgres{Host: components.PostgresName, CA: filepath.Join(certificates, "ca.crt")}
	return n.describePostgres(database)
}

// describePostgres derives the connection strings from the one that the server has without TLS.
func (n *Node) describePostgres(address string) error {
	content, err := os.ReadFile(components.PostgresURIFile(n.state))
	if err != nil {
		return fmt.Errorf("read the connection string of Postgres: %w", err)
	}
	uri, err := url.Parse(string(content))
	if err != nil {
		return fmt.Errorf("read the connection string of Postgres: %w", err)
	}
	uri.Host = net.JoinHostPort(components.PostgresName, components.PostgresPort)
	uri.RawQuery = url.Values{"sslmode": {"verify-full"}}.Encode()
	n.Postgres.PodURI = uri.String()
	uri.Host = address
	uri.RawQuery = url.Values{"sslmode": {"verify-full"}, "sslrootcert": {n.Postgres.CA}}.Encode()
	n.Postgres.URI = uri.String()
	return nil
}

// Forward listens on a free loopback port of this machine, and forwards to an address in the network of the node, such as
// that of a Service. It returns the address on this machine. Stop ends it.
func (n *Node) Forward(ctx context.Context, address string) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("forward a port to %s: %w", address, err)
	}
	n.closeAtStop(listener)
	state := n.state
	go control.Forward(listener, func(ctx context.Context) (net.Conn, error) { return control.Dial(ctx, state, address) })
	return listener.Addr().String(), nil
}

// DialContext connects to an address in the network of the node: that of a pod, of a Service or of the node itself. It
// has the form that http.Transport expects.
func (n *Node) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	return control.Dial(ctx, n.state, address)
}

// Expose makes a server of this machine, at an address such as 127.0.0.1:2525, available to pods as HostName and a port.
func (n *Node) Expose(ctx context.Context, port, address string) error {
	if err := n.serveTest(ctx); err != nil {
		return err
	}
	_, err := control.Do(ctx, n.state, control.Request{Do: "expose", Port: port, Address: address})
	return err
}

// serveTest lets the node connect to servers of this machine.
func (n *Node) serveTest(ctx context.Context) error {
	n.closing.Lock()
	defer n.closing.Unlock()
	if n.servesTest {
		return nil
	}
	listener, err := control.ServeTest(ctx, n.state)
	if err != nil {
		return fmt.Errorf("accept connections of the node: %w", err)
	}
	n.listeners = append(n.listeners, listener)
	n.servesTest = true
	return nil
}

func (n *Node) closeAtStop(listener net.Listener) {
	n.closing.Lock()
	defer n.closing.Unlock()
	n.listeners = append(n.listeners, listener)
}
