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

// Service spreads connections over the replicas of a program, as kube-proxy does
// for a Service.
type Service struct {
	portName   string
	portNumber int32
	replicas   []string
	next       atomic.Uint64
}

// NewService returns a Service with one port, which has a name and a number, and
// with replicas at the given addresses, HOST:PORT. At least one is needed.
func NewService(portName string, portNumber int32, replicas ...string) *Service {
	return &Service{portName: portName, portNumber: portNumber, replicas: replicas}
}

// hasPort tells whether an Ingress's backend names the Service's port.
func (s *Service) hasPort(port networkingv1.ServiceBackendPort) bool {
	if port.Name != "" {
		return port.Name == s.portName
	}
	return port.Number == s.portNumber
}

// pick returns the replica whose turn it is.
func (s *Service) pick() string {
	return s.replicas[s.next.Add(1)%uint64(len(s.replicas))]
}

// dial connects to the replica whose turn it is, or to the next that accepts.
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

// ServeTCP plays the Service's cluster IP: it passes each connection that the
// listener accepts to a replica, until ctx ends.
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

// pass connects a client with a replica until either has closed, or ctx ends.
func (s *Service) pass(ctx context.Context, client net.Conn) {
	defer client.Close()
	replica, err := s.dial(ctx)
	if err != nil {
		return // the client sees its connection closed, as it would without endpoints
	}
	defer replica.Close()
	stop := context.AfterFunc(ctx, func() { client.Close(); replica.Close() })
	defer stop()

	var directions sync.WaitGroup
	directions.Go(func() { copyAndClose(replica, client) })
	directions.Go(func() { copyAndClose(client, replica) })
	directions.Wait()
}

// copyAndClose copies until the source ends, and passes that end on.
func copyAndClose(destination, source net.Conn) {
	_, _ = io.Copy(destination, source) // a broken connection is closed like an ended one
	if half, ok := destination.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
