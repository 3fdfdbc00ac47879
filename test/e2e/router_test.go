//go:build e2e

package e2e_test

import (
	"log/slog"
	"net"
	"net/http/httptest"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/test/testkit/router"
)

// routerClass is the class of the Ingresses that startRouter serves.
const routerClass = "router"

// startRouter lets the router of the demo, in this process, take the place of an ingress controller.
func (p *product) startRouter() {
	p.t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig)
	if err != nil {
		p.t.Fatalf("read the kubeconfig: %v", err)
	}
	table := router.NewTable(routerClass)
	if err := router.Watch(p.t.Context(), config, namespace, table); err != nil {
		p.t.Fatal(err)
	}
	services := make(map[string]*router.Service)
	for _, name := range []string{"echoblogs-blog", "echoblogs-portal"} {
		address := p.kubectl("get", "service/"+name, "--output=jsonpath={.spec.clusterIP}")
		forwarded, err := p.Forward(p.t.Context(), net.JoinHostPort(address, "80"))
		if err != nil {
			p.t.Fatal(err)
		}
		services[name] = router.NewService("http", 80, forwarded)
	}
	server := httptest.NewServer(router.New(table, services, slog.New(slog.DiscardHandler)))
	p.t.Cleanup(server.Close)
	p.http = server.Listener.Addr().String()
}
