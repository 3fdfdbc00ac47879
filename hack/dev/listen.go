package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens the demo's port on both loopback addresses, or on the IPv4 one if
// the machine has no IPv6.
func listen(ctx context.Context, port int) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range []string{"127.0.0.1", "::1"} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		switch {
		case err == nil:
			listeners = append(listeners, listener)
		case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
			continue
		default:
			for _, taken := range listeners {
				taken.Close()
			}
			if errors.Is(err, syscall.EADDRINUSE) {
				return nil, fmt.Errorf("port %d is in use: choose another, such as PORT=%d", port, otherPort(port))
			}
			return nil, fmt.Errorf("listen on port %d: %w", port, err)
		}
	}
	if len(listeners) == 0 {
		return nil, errors.New("this machine has no loopback address")
	}
	return listeners, nil
}

// otherPort suggests a free-looking port that resembles the one in use.
func otherPort(port int) int {
	if port < 50000 {
		return port + 10000
	}
	return port - 10000
}
