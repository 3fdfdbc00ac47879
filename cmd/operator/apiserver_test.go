package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"

	"github.com/echoblogs/echoblogs/test/testkit/freeport"
)

// A manager ends once the API server is back after an outage, also if each connection was refused.
func TestOutageOfRefusedConnections(t *testing.T) {
	t.Parallel()
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", ports[0])
	ctx, cancel := context.WithCancelCause(t.Context())
	api := &rest.Config{Host: "http://" + address}
	var away outage
	client, err := discovery.NewDiscoveryClientForConfig(away.watch(api))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ServerVersion(); err == nil {
		t.Fatal("the closed port answers")
	}
	go away.end(ctx, cancel, api, slog.New(slog.DiscardHandler))
	select {
	case <-ctx.Done():
		t.Fatalf("the manager ended during the outage: %v", context.Cause(ctx))
	case <-time.After(longOutage + 2*pollInterval):
	}

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	select {
	case <-ctx.Done():
		if err := context.Cause(ctx); !errors.Is(err, errBack) {
			t.Errorf("the manager ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the manager keeps its watches")
	}
}
