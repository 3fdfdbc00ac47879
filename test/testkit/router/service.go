package router

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	networkingv1 "k8s.io/api/networking/v1"
)

// Service balances connections over the replicas of a program, as kube-proxy does.
type Service struct {
	portName   string
	portNumber int32
	replicas   []string
	next       atomic.Uint64
}

// NewService returns a Service with one port, by name and number, and replicas at
// the given addresses, HOST:PORT. It requires at least one replica.
func NewService(portName string, portNumber int32, replicas ...string) *Service {
	return &Service{portName: portName, portNumber: portNumber, replicas: replicas}
}

// hasPort reports whether the backend of an Ingress refers to the Service's port.
func (s *Service) hasPort(port networkingv1.ServiceBackendPort) bool {
	if port.Name != "" {
		return port.Name == s.portName
	}
	return port.Number == s.portNumber
}

// pick returns the next replica.
func (s *Service) pick() string {
	return s.replicas[s.next.Add(1)%uint64(len(s.replicas))]
}

// dial connects to the next replica that accepts the connection.
func (s *Service) dial(ctx context.Context) (net.Conn, error) {
	first := s.next.Add(1)
	var failures []error
	for i := range uint64(len(s.replicas)) {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.replicas[(first+i)%uint64(len(s.replicas))])
		if err == nil {
			return connection, nil
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("no replica accepts connections: %w", errors.Join(failures...))
}

// ServeTCP emulates the cluster IP of the Service: it forwards each connection that
// the listener accepts to a replica, until ctx ends.
func (s *Service) ServeTCP(ctx context.Context, listener net.Listener) error {
	var connections sync.WaitGroup
	defer connections.Wait()
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	for {
		client, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept connections on %s: %w", listener.Addr(), err)
		}
		connections.Go(func() { s.pass(ctx, client) })
	}
}

// pass forwards between a client and a replica until either closes or ctx ends.
func (s *Service) pass(ctx context.Context, client net.Conn) {
	defer client.Close()
	replica, err := s.dial(ctx)
	if err != nil {
		return // the connection is closed, as it would be without endpoints
	}
	defer replica.Close()
	stop := context.AfterFunc(ctx, func() { client.Close(); replica.Close() })
	defer stop()

	var directions sync.WaitGroup
	directions.Go(func() { copyAndClose(replica, client) })
	directions.Go(func() { copyAndClose(client, replica) })
	directions.Wait()
}

// copyAndClose copies until the source ends, and closes the destination for writing.
func copyAndClose(destination, source net.Conn) {
	_, _ = io.Copy(destination, source) // a broken connection is treated like one that has ended
	if half, ok := destination.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
