package router_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/test/testkit/router"
)

func TestRequestsAreRoutedByIngresses(t *testing.T) {
	t.Parallel()
	table := router.NewTable("demo")
	table.Set(ingress("alice", "demo", rule("alice.localhost", "/", "blog")))
	table.Set(ingress("wildcard", "demo", rule("*.example.com", "/", "blog")))
	table.Set(ingress("exact", "demo", rule("own.example.com", "/", "portal")))
	table.Set(ingress("paths", "demo",
		rule("paths.localhost", "/admin", "portal"), rule("paths.localhost", "/admin/public", "blog")))
	table.Set(ingress("other-class", "nginx", rule("nginx.localhost", "/", "blog")))
	table.Set(ingress("changed", "demo", rule("before.localhost", "/", "blog")))
	table.Set(ingress("changed", "demo", rule("after.localhost", "/", "blog")))
	table.Set(ingress("deleted", "demo", rule("deleted.localhost", "/", "blog")))
	table.Delete("echoblogs", "deleted")
	wrongPort := ingress("wrong-port", "demo", rule("wrong-port.localhost", "/", "blog"))
	wrongPort.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Port = networkingv1.ServiceBackendPort{Number: 8080}
	table.Set(wrongPort)
	table.Set(ingress("nowhere", "demo", rule("nowhere.localhost", "/", "vanished")))
	withFallback := router.NewTable("demo")
	withFallback.Set(ingress("alice", "demo", rule("alice.localhost", "/", "blog")))
	withFallback.Set(ingress("fallback", "demo", rule("", "/", "portal")))

	services := map[string]*router.Service{
		"blog":   router.NewService("http", 80, echo(t, "blog")),
		"portal": router.NewService("http", 80, echo(t, "portal")),
	}
	plain, fallback := serve(t, table, services), serve(t, withFallback, services)

	tests := map[string]struct {
		router, host, path string
		want               string // the Service and the Host that it saw, or the router's status
	}{
		"host":                       {plain, "alice.localhost", "/", "blog alice.localhost /"},
		"port, case, dot":            {plain, "ALICE.localhost.:8000", "/a?b=c", "blog ALICE.localhost.:8000 /a?b=c"},
		"unknown host":               {plain, "carol.localhost", "/", "404"},
		"IP address":                 {plain, "127.0.0.1:8000", "/", "404"},
		"wildcard":                   {plain, "any.example.com", "/", "blog any.example.com /"},
		"wildcard is one label":      {plain, "a.b.example.com", "/", "404"},
		"wildcard is not its parent": {plain, "example.com", "/", "404"},
		"host before wildcard":       {plain, "own.example.com", "/", "portal own.example.com /"},
		"path":                       {plain, "paths.localhost", "/admin/x", "portal paths.localhost /admin/x"},
		"longest path":               {plain, "paths.localhost", "/admin/public", "blog paths.localhost /admin/public"},
		"path by element":            {plain, "paths.localhost", "/administrator", "404"},
		"another class":              {plain, "nginx.localhost", "/", "404"},
		"changed: before":            {plain, "before.localhost", "/", "404"},
		"changed: after":             {plain, "after.localhost", "/", "blog after.localhost /"},
		"deleted":                    {plain, "deleted.localhost", "/", "404"},
		"port that is not there":     {plain, "wrong-port.localhost", "/", "503"},
		"Service that is not there":  {plain, "nowhere.localhost", "/", "503"},
		"fallback":                   {fallback, "carol.localhost", "/", "portal carol.localhost /"},
		"fallback for an IP address": {fallback, "[::1]:8000", "/", "portal [::1]:8000 /"},
		"host before fallback":       {fallback, "alice.localhost", "/", "blog alice.localhost /"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := get(t, test.router+test.path, test.host)
			got := body
			if status != http.StatusOK {
				got = fmt.Sprint(status)
			}
			if got != test.want {
				t.Errorf("host %s, path %s: %s, want %s", test.host, test.path, got, test.want)
			}
		})
	}
}

func TestReplicasAreBalanced(t *testing.T) {
	t.Parallel()
	table := router.NewTable("demo")
	table.Set(ingress("alice", "demo", rule("alice.localhost", "/", "blog")))
	first, second := httptest.NewServer(says("first")), httptest.NewServer(says("second"))
	t.Cleanup(second.Close)
	service := router.NewService("http", 80, address(first), address(second))
	address := serve(t, table, map[string]*router.Service{"blog": service})

	count := func() map[string]int {
		counts := make(map[string]int)
		for range 10 {
			status, body := get(t, address, "alice.localhost")
			if status != http.StatusOK {
				body = fmt.Sprint(status)
			}
			counts[body]++
		}
		return counts
	}
	if counts := count(); counts["first"] != 5 || counts["second"] != 5 {
		t.Errorf("with both replicas up: responses %v, want five of each", counts)
	}
	first.Close()
	if counts := count(); counts["second"] != 10 {
		t.Errorf("with the first replica down: responses %v, want all of the second", counts)
	}
	second.Close()
	if counts := count(); counts["502"] != 10 {
		t.Errorf("with both replicas down: responses %v, want 502", counts)
	}
}

func TestResponsesAreStreamed(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	replica := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintln(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(replica.Close)
	table := router.NewTable("demo")
	table.Set(ingress("alice", "demo", rule("alice.localhost", "/", "blog")))
	base := serve(t, table, map[string]*router.Service{"blog": router.NewService("http", 80, address(replica))})

	response := request(t, base, "alice.localhost")
	defer response.Body.Close()
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	if err != nil || line != "first\n" {
		t.Errorf("the first line of an incomplete response is %q, %v; want first", line, err)
	}
}

func TestConnectionUpgrade(t *testing.T) {
	t.Parallel()
	replica := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack the connection: %v", err)
			return
		}
		defer connection.Close()
		line, _ := buffered.ReadString('\n')
		fmt.Fprint(connection, "echo "+line)
	}))
	t.Cleanup(replica.Close)
	table := router.NewTable("demo")
	table.Set(ingress("alice", "demo", rule("alice.localhost", "/", "blog")))
	base := serve(t, table, map[string]*router.Service{"blog": router.NewService("http", 80, address(replica))})

	connection, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer connection.Close()
	fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: alice.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("request an upgrade: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("request an upgrade: %s, want 101", response.Status)
	}
	fmt.Fprintln(connection, "hello")
	if line, err := reader.ReadString('\n'); err != nil || line != "echo hello\n" {
		t.Errorf("after the upgrade: %q, %v; want echo hello", line, err)
	}
}

func TestForwardedHeadersAreReplaced(t *testing.T) {
	t.Parallel()
	replica := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-Forwarded-For"), " ", r.Header.Get("X-Forwarded-Proto"), " ", r.Header.Get("X-Forwarded-Host"))
	}))
	t.Cleanup(replica.Close)
	table := router.NewTable("demo")
	table.Set(ingress("alice", "demo", rule("alice.localhost", "/", "blog")))
	base := serve(t, table, map[string]*router.Service{"blog": router.NewService("http", 80, address(replica))})

	forged, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base, nil)
	if err != nil {
		t.Fatalf("create request: %v", err)
	}
	forged.Host = "alice.localhost"
	forged.Header.Set("X-Forwarded-For", "192.0.2.1")
	forged.Header.Set("X-Forwarded-Proto", "https")
	response, err := http.DefaultClient.Do(forged)
	if err != nil {
		t.Fatalf("send the request: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "127.0.0.1 http alice.localhost" {
		t.Errorf("forwarded headers: %q, %v; want what the router saw", body, err)
	}
}

func TestClusterIPIsBalanced(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(says("gone"))
	service := router.NewService("http", 80, address(gone), echo(t, "second"), echo(t, "third"))
	gone.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- service.ServeTCP(ctx, listener) }()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	counts := make(map[string]int)
	for range 12 {
		response, err := client.Get("http://" + listener.Addr().String())
		if err != nil {
			t.Fatalf("connect to the cluster IP: %v", err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatalf("read the response: %v", err)
		}
		name, _, _ := strings.Cut(string(body), " ")
		counts[name]++
	}
	if counts["second"] == 0 || counts["third"] == 0 || counts["second"]+counts["third"] != 12 {
		t.Errorf("responses %v, want some of each of the two running replicas and no others", counts)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("ServeTCP ended with %v", err)
	}
}

func ingress(name, class string, rules ...networkingv1.IngressRule) *networkingv1.Ingress {
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: "echoblogs", Name: name},
		Spec:       networkingv1.IngressSpec{IngressClassName: &class, Rules: rules},
	}
}

func rule(host, path, service string) networkingv1.IngressRule {
	prefix := networkingv1.PathTypePrefix
	return networkingv1.IngressRule{
		Host: host,
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
			Paths: []networkingv1.HTTPIngressPath{{
				Path:     path,
				PathType: &prefix,
				Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: service,
					Port: networkingv1.ServiceBackendPort{Name: "http"},
				}},
			}},
		}},
	}
}

// serve runs a router and returns its address as a URL.
func serve(t *testing.T, table *router.Table, services map[string]*router.Service) string {
	t.Helper()
	server := httptest.NewServer(router.New(table, services, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return server.URL
}

// echo runs a replica that responds with its name and the request.
func echo(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, name, " ", r.Host, " ", r.URL.RequestURI())
	}))
	t.Cleanup(server.Close)
	return address(server)
}

func says(word string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, word) })
}

func address(server *httptest.Server) string { return server.Listener.Addr().String() }

func get(t *testing.T, url, host string) (status int, body string) {
	t.Helper()
	response := request(t, url, host)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read the response: %v", err)
	}
	return response.StatusCode, string(content)
}

func request(t *testing.T, url, host string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatalf("create request: %v", err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("get %s with the host %s: %v", url, host, err)
	}
	return response
}
