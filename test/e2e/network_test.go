//go:build e2e

package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

func testNetworkPolicy(t *testing.T, n *node.Node) {
	t.Helper()
	eventually(t, func() error {
		answer, err := ask(t, n, "refused", "/get", "url", "http://server")
		if err == nil {
			return fmt.Errorf("the refused pod gets %q", answer)
		}
		if !strings.Contains(err.Error(), "deadline exceeded") && !strings.Contains(err.Error(), "refused") {
			t.Errorf("the refused pod: %v; want its packets to be dropped", err)
		}
		return nil
	})
	expect(t, n, "allowed", "/get", "url", "http://server", "server answers server")
}

func testExpose(t *testing.T, n *node.Node) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the test") }))
	defer server.Close()
	if err := n.Expose(t.Context(), "3000", server.Listener.Addr().String()); err != nil {
		t.Fatalf("expose a server: %v", err)
	}
	expect(t, n, "allowed", "/get", "url", "http://"+node.HostName+":3000", "the test")
}

// testNoRouteOut lets a pod send requests to a server of this machine, at each address by which others can reach it.
func testNoRouteOut(t *testing.T, n *node.Node) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "outside") }))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatalf("listen at each address: %v", err)
	}
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	defer server.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, outside := range outsideAddresses(t) {
		address := "http://" + net.JoinHostPort(outside, port)
		if answer, err := request(t, server.Client(), address); err != nil || answer != "outside" {
			t.Errorf("%s answers this machine %q, %v; want that it can be reached", address, answer, err)
		}
		// The pod itself says why it got no answer.
		if answer, err := ask(t, n, "allowed", "/get", "url", address); err == nil || !strings.HasPrefix(err.Error(), "502 ") {
			t.Errorf("%s answers a pod %q, %v; want the pod to get no answer", address, answer, err)
		}
	}
	routes, err := n.Run(t.Context(), "ip", "route")
	if err != nil || strings.Contains(string(routes), "default") || !strings.Contains(string(routes), "blackhole 10.244.0.0/24") {
		t.Errorf("the routes of the node are %q, %v; want none out of it", routes, err)
	}
}

// outsideAddresses returns the IPv4 addresses of this machine that are not its own alone. Pods have no IPv6.
func outsideAddresses(t *testing.T) (found []string) {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatalf("list the addresses of this machine: %v", err)
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() && network.IP.To4() != nil {
			found = append(found, network.IP.String())
		}
	}
	if len(found) == 0 {
		t.Log("this machine has no address but the loopback ones, so that no packet could leave it")
	}
	return found
}
