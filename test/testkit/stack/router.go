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
	"github.com/echoblogs/echoblogs/test/testkit/router"
)

// NewForBrowsers makes a Platform whose hosts browsers on this machine find: everything below localhost, behind a router
// that obeys the Ingresses. With a certificate, they come to that by TLS, which ends there. It returns the address of the
// public site, without a slash at the end.
func NewForBrowsers(t testing.TB, certificates ...tls.Certificate) (p *Platform, publicURL string) {
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
	p = newPlatform(t, v1alpha1.PlatformSpec{Domains: []v1alpha1.ParentDomain{"localhost"}, PublicURL: publicURL})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	table := router.NewTable(ingressClass)
	if err := router.Watch(ctx, p.installation.config, p.Namespace, table); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: router.New(table, map[string]*router.Service{
		blogService:   router.NewService("http", 80, p.Blogs[0]),
		portalService: router.NewService("http", 80, p.Portals[0]),
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
