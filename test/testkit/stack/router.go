package stack

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/router"
)

// NewForBrowsers returns a Platform that browsers on this machine can use: its domain is localhost, behind a router that
// serves the Ingresses. With a certificate, the router terminates TLS. The URL of the public site has no trailing slash.
func NewForBrowsers(t testing.TB, certificates ...tls.Certificate) (p *Platform, publicURL string) {
	t.Helper()
	return NewForBrowsersOn(t, postgrestest.New(t), certificates...)
}

// NewForBrowsersOn is NewForBrowsers with an empty database that the test has created.
func NewForBrowsersOn(t testing.TB, database *postgrestest.Database, certificates ...tls.Certificate) (p *Platform, publicURL string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	publicURL = "http://localhost:" + port
	if len(certificates) > 0 {
		publicURL = "https://localhost:" + port
		listener = tls.NewListener(listener, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
	}
	p = NewOn(t, database, func(object *v1alpha1.Platform) {
		object.Spec.Domains, object.Spec.PublicURL = []v1alpha1.ParentDomain{"localhost"}, publicURL
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	table := router.NewTable(platformtest.IngressClass)
	if err := router.Watch(ctx, p.installation.config, p.Namespace, table); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: router.New(table, map[string]*router.Service{
		platformtest.BlogService:   router.NewService("http", 80, p.Blogs[0]),
		platformtest.PortalService: router.NewService("http", 80, p.Portals[0]),
	}, slog.New(slog.DiscardHandler))}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return p, publicURL
}
