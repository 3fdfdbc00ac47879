//go:build e2e

// Package e2e_test tests the node that the end-to-end tests run on.
package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/e2e/node"
	"github.com/echoblogs/echoblogs/test/testkit/authority"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

const host = "app.node.test"

// TestNode starts a node, uses each of its parts as the product does, and expects nothing to be left.
func TestNode(t *testing.T) {
	t.Parallel()
	n := start(t, node.Traefik)
	image, err := node.BuildImage(t.Context(), t.TempDir(), "node.test/echo:1", "./echo")
	if err != nil {
		t.Fatalf("build the image of the pods: %v", err)
	}
	if err := n.Import(t.Context(), image); err != nil {
		t.Fatalf("import the image of the pods: %v", err)
	}
	trusted := install(t, n)

	t.Run("PodSecurity", func(t *testing.T) { testPodSecurity(t, n) })
	t.Run("Service", func(t *testing.T) { testService(t, n) })
	t.Run("NetworkPolicy", func(t *testing.T) { testNetworkPolicy(t, n) })
	t.Run("Ingress", func(t *testing.T) { testIngress(t, n, trusted) })
	t.Run("Postgres", func(t *testing.T) { testPostgres(t, n) })
	t.Run("Expose", func(t *testing.T) { testExpose(t, n) })
	t.Run("NoRouteOut", func(t *testing.T) { testNoRouteOut(t, n) })
	t.Run("Programs", func(t *testing.T) { testPrograms(t, n) })
	t.Run("ProductImages", func(t *testing.T) { testProductImages(t, n) })
	t.Run("Logs", func(t *testing.T) {
		if logs, err := n.Kubectl(t.Context(), "logs", "--namespace=app", "allowed"); err != nil || !strings.Contains(logs, "Listening on") {
			t.Errorf("kubectl logs = %q, %v; want the first line", logs, err)
		}
		if _, err := n.Kubectl(t.Context(), "exec", "--namespace=app", "allowed", "--", "/missing"); err == nil || !strings.Contains(err.Error(), "/missing") {
			t.Errorf("kubectl exec of a missing program: %v; want the container's error", err)
		}
	})
}

// install creates a server behind a Service and an Ingress, and two clients, of which a policy allows one. It returns the
// authority of the Ingress's certificate.
func install(t *testing.T, n *node.Node) *x509.CertPool {
	t.Helper()
	signer, err := authority.New(t.TempDir(), "test")
	if err != nil {
		t.Fatalf("create an authority: %v", err)
	}
	if err := signer.Issue("ingress", pkix.Name{CommonName: host}, host); err != nil {
		t.Fatalf("issue the certificate of the Ingress: %v", err)
	}
	manifests, err := os.ReadFile("testdata/app.yaml")
	if err != nil {
		t.Fatalf("read the manifests: %v", err)
	}
	content := strings.NewReplacer(
		"TLS_CERTIFICATE", indent(read(t, signer.File("ingress.crt"))),
		"TLS_KEY", indent(read(t, signer.File("ingress.key"))),
		"DATABASE_CA", indent(read(t, n.Postgres.CA)),
		"HOST", host,
	).Replace(string(manifests))
	if err := n.Apply(t.Context(), content); err != nil {
		t.Fatalf("apply the manifests: %v", err)
	}
	if _, err := n.Kubectl(t.Context(), "wait", "--namespace=app", "--for=condition=Ready", "--timeout=60s", "pod", "--all"); err != nil {
		t.Fatalf("wait for the pods: %v", err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(read(t, signer.File("ca.crt"))))
	return pool
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("read a certificate: %v", err)
	}
	return string(content)
}

// indent indents a text as the value of a field.
func indent(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") }

func testPodSecurity(t *testing.T, n *node.Node) {
	t.Helper()
	_, err := n.Kubectl(t.Context(), "run", "--namespace=app", "--image=node.test/echo:1", "root")
	if err == nil || !strings.Contains(err.Error(), "violates PodSecurity") {
		t.Errorf("a pod without restrictions: %v; want a violation of PodSecurity", err)
	}
}

func testService(t *testing.T, n *node.Node) {
	t.Helper()
	address := field(t, n, "service/server", "{.spec.clusterIP}")
	for _, name := range []string{"server", "server.app.svc.cluster.local", address} {
		expect(t, n, "allowed", "/get", "url", "http://"+name, "server answers "+name)
	}
}

func testIngress(t *testing.T, n *node.Node, trusted *x509.CertPool) {
	t.Helper()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		// As DNS would.
		to := n.HTTP
		if strings.HasSuffix(address, ":443") {
			to = n.HTTPS
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	defer client.CloseIdleConnections()
	for _, scheme := range []string{"http", "https"} {
		eventually(t, func() error {
			answer, err := request(t, client, scheme+"://"+host)
			if want := "server answers " + host; err != nil || answer != want {
				return fmt.Errorf("%s through Traefik = %q, %w; want %q", scheme, answer, err, want)
			}
			return nil
		})
	}
	if answer, err := request(t, client, "http://unknown.node.test"); err == nil {
		t.Errorf("an unknown host through Traefik = %q, want an error", answer)
	}
}

func testPostgres(t *testing.T, n *node.Node) {
	t.Helper()
	expect(t, n, "allowed", "/postgres", "uri", n.Postgres.PodURI+"&sslrootcert=/database/ca.crt", "TLSv1.3")
	plain := strings.Replace(n.Postgres.PodURI, "sslmode=verify-full", "sslmode=disable", 1)
	if answer, err := ask(t, n, "allowed", "/postgres", "uri", plain); err == nil || !strings.Contains(err.Error(), "no encryption") {
		t.Errorf("Postgres without TLS = %q, %v; want a refusal", answer, err)
	}
	connection, err := pgx.Connect(t.Context(), n.Postgres.URI)
	if err != nil {
		t.Fatalf("connect to Postgres from the test: %v", err)
	}
	if err := connection.Close(t.Context()); err != nil {
		t.Errorf("disconnect from Postgres: %v", err)
	}
}

func testPrograms(t *testing.T, n *node.Node) {
	t.Helper()
	for _, program := range []string{"postgres", "kube-apiserver", "kube-router"} {
		if err := n.StopProgram(t.Context(), program); err != nil {
			t.Errorf("stop %s: %v", program, err)
		}
	}
	if answer, err := ask(t, n, "allowed", "/postgres", "uri", n.Postgres.PodURI+"&sslrootcert=/database/ca.crt"); err == nil {
		t.Errorf("a stopped Postgres answers %q", answer)
	}
	// The pods and their network do not need the API server.
	expect(t, n, "allowed", "/get", "url", "http://server", "server answers server")
	for _, program := range []string{"postgres", "kube-apiserver", "kube-router"} {
		if err := n.StartProgram(t.Context(), program); err != nil {
			t.Fatalf("start %s: %v", program, err)
		}
	}
	expect(t, n, "allowed", "/postgres", "uri", n.Postgres.PodURI+"&sslrootcert=/database/ca.crt", "TLSv1.3")
	if _, err := n.Kubectl(t.Context(), "get", "pods", "--all-namespaces"); err != nil {
		t.Errorf("the API server after a restart: %v", err)
	}
}

// testProductImages runs each program of the product as a restricted pod.
func testProductImages(t *testing.T, n *node.Node) {
	t.Helper()
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	archives, err := node.BuildProductImages(t.Context(), root, "dev", t.TempDir())
	if err != nil {
		t.Fatalf("build the images of the product: %v", err)
	}
	if err := n.Import(t.Context(), archives...); err != nil {
		t.Fatalf("import the images of the product: %v", err)
	}
	manifest := read(t, "testdata/program.yaml")
	for program, command := range map[string][2]string{
		"operator": {"bootstrap-sql", "CREATE ROLE"},
		"blog":     {"--help", "Usage:"},
		"portal":   {"--help", "Usage:"},
	} {
		if err := n.Apply(t.Context(), strings.NewReplacer("PROGRAM", program, "ARGUMENT", command[0]).Replace(manifest)); err != nil {
			t.Errorf("create a pod of %s: %v", program, err)
			continue
		}
		if _, err := n.Kubectl(t.Context(), "wait", "--namespace=app", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s", "pod/"+program); err != nil {
			t.Errorf("run %s: %v", program, err)
		}
		if logs, err := n.Kubectl(t.Context(), "logs", "--namespace=app", program); err != nil || !strings.Contains(logs, command[1]) {
			t.Errorf("%s %s in a pod writes %q, %v; want %q", program, command[0], logs, err, command[1])
		}
	}
}

// expect fails unless a pod gets an answer.
func expect(t *testing.T, n *node.Node, pod, path, parameter, value, want string) {
	t.Helper()
	eventually(t, func() error {
		if answer, err := ask(t, n, pod, path, parameter, value); err != nil || answer != want {
			return fmt.Errorf("%s in the pod %s = %q, %w; want %q", value, pod, answer, err, want)
		}
		return nil
	})
}

// ask lets a pod send a request, and returns the answer that it got.
func ask(t *testing.T, n *node.Node, pod, path, parameter, value string) (string, error) {
	t.Helper()
	address := field(t, n, "pod/"+pod, "{.status.podIP}")
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: n.DialContext, DisableKeepAlives: true}}
	return request(t, client, "http://"+address+":8080"+path+"?"+url.Values{parameter: {value}}.Encode())
}

// addresses are kept, because a stopped API server does not tell them.
var addresses = make(map[string]string)

func field(t *testing.T, n *node.Node, object, path string) string {
	t.Helper()
	if known, ok := addresses[object]; ok {
		return known
	}
	value, err := n.Kubectl(t.Context(), "get", "--namespace=app", object, "--output=jsonpath="+path)
	if err != nil {
		t.Fatalf("read %s of %s: %v", path, object, err)
	}
	addresses[object] = value
	return value
}

// request returns the body of a response with the status 200.
func request(t *testing.T, client *http.Client, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatalf("request %s: %v", address, err)
	}
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", response.Status, content)
	}
	return string(content), nil
}

// eventually repeats a check until it returns nil, for 30 seconds.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Error(err)
			return
		}
	}
}
