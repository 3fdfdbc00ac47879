// Package freeport finds TCP ports on loopback for programs that do not find
// one by themselves.
package freeport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// Find returns as many different ports, none of which is in use now.
func Find(ctx context.Context, count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		// Held until all are found, so that no port comes up twice.
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer listener.Close()
		address, err := netip.ParseAddrPort(listener.Addr().String())
		if err != nil {
			return nil, fmt.Errorf("reading a listener's address: %w", err)
		}
		ports[i] = int(address.Port())
	}
	return ports, nil
}
