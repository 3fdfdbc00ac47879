package controlplane_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
	"github.com/echoblogs/echoblogs/test/testkit/router"
)

// A control plane takes ten seconds to start, so one test covers its whole purpose: data survives a restart, a
// ServiceAccount has only the permissions of its Role, children of a deleted object are deleted, the router sees Ingresses,
// and no process is left.
func TestControlPlane(t *testing.T) {
	t.Parallel()
	programs, err := controlplane.Programs(t.Context(), "etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
	if err != nil {
		t.Fatalf("Find the programs: %v", err)
	}
	folder := t.TempDir()
	options := controlplane.Options{
		Programs:  programs,
		State:     folder,
		Logs:      folder,
		Namespace: "demo",
		Progress:  func(what string) { t.Log(what) },
	}
	k := kubectl{t: t, program: filepath.Join(programs, "kubectl"), kubeconfig: filepath.Join(folder, "kubeconfig")}

	first := start(t, options, k.kubeconfig)
	k.must("create", "namespace", "demo")
	k.must("create", "configmap", "kept", "--from-literal=word=kept")

	k.must("create", "serviceaccount", "reader")
	k.must("create", "role", "reader", "--verb=get", "--resource=configmaps")
	k.must("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=demo:reader")
	reader := k
	reader.kubeconfig = filepath.Join(folder, "reader")
	if err := first.WriteTokenKubeconfig(reader.kubeconfig, strings.TrimSpace(k.must("create", "token", "reader"))); err != nil {
		t.Fatalf("WriteTokenKubeconfig: %v", err)
	}
	reader.must("get", "configmap", "kept")
	if output, err := reader.run("delete", "configmap", "kept"); err == nil || !strings.Contains(output, "forbidden") {
		t.Errorf("a ServiceAccount whose Role allows only get can delete: %s %v, want forbidden", output, err)
	}

	uid := k.must("get", "configmap", "kept", "-o", "jsonpath={.metadata.uid}")
	k.apply(`{apiVersion: v1, kind: ConfigMap, metadata: {name: owner}}`)
	owner := k.must("get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}")
	for child, parent := range map[string]string{"stays": "kept " + uid, "goes": "owner " + owner} {
		name, uid, _ := strings.Cut(parent, " ")
		k.apply(fmt.Sprintf(`{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: %s, uid: %s}]}}`, child, name, uid))
	}
	k.must("delete", "configmap", "owner")
	k.must("wait", "--for=delete", "configmap/goes", "--timeout=60s")
	k.must("get", "configmap", "stays")

	checkRouter(t, k)
	stop(t, first)

	second := start(t, options, k.kubeconfig)
	if word := k.must("get", "configmap", "kept", "-o", "jsonpath={.data.word}"); word != "kept" {
		t.Errorf("after a restart the object contains %q, want what was written", word)
	}
	stop(t, second)
}

// checkRouter follows one Ingress from its creation to its deletion.
func checkRouter(t *testing.T, k kubectl) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", k.kubeconfig)
	if err != nil {
		t.Fatalf("Read the kubeconfig: %v", err)
	}
	replica := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer replica.Close()
	table := router.NewTable("demo")
	service := router.NewService("http", 80, replica.Listener.Addr().String())
	server := httptest.NewServer(router.New(table, map[string]*router.Service{"blog": service}, slog.New(slog.DiscardHandler)))
	defer server.Close()

	const manifest = `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: %[1]s}, spec: {ingressClassName: demo, rules: [{host: %[1]s.localhost,
		http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: blog, port: {name: http}}}}]}}]}}`
	k.apply(fmt.Sprintf(manifest, "alice"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := router.Watch(ctx, config, "demo", table); err != nil {
		t.Fatalf("Watch: %v", err)
	}
	if got := status(t, server.URL, "alice.localhost"); got != http.StatusOK {
		t.Errorf("an Ingress from before the watch: %d, want 200", got)
	}
	k.apply(fmt.Sprintf(manifest, "bob"))
	waitForStatus(t, server.URL, "bob.localhost", http.StatusOK)
	k.must("delete", "ingress", "bob")
	waitForStatus(t, server.URL, "bob.localhost", http.StatusNotFound)
}

func start(t *testing.T, options controlplane.Options, kubeconfig string) *controlplane.ControlPlane {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), options)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { stop(t, plane) })
	if err := plane.WriteAdministratorKubeconfig(kubeconfig); err != nil {
		t.Fatalf("WriteAdministratorKubeconfig: %v", err)
	}
	return plane
}

// stop stops the control plane twice: the second call has no effect.
func stop(t *testing.T, plane *controlplane.ControlPlane) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := plane.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
	for _, program := range plane.Processes() {
		if err := syscall.Kill(program.PID(), 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("after Stop %s is still running: %v", program.Name(), err)
		}
	}
}

type kubectl struct {
	t                   *testing.T
	program, kubeconfig string
}

func (k kubectl) run(arguments ...string) (output string, err error) {
	command := exec.CommandContext(k.t.Context(), k.program, arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig)
	combined, err := command.CombinedOutput()
	return string(combined), err
}

func (k kubectl) must(arguments ...string) string {
	k.t.Helper()
	output, err := k.run(arguments...)
	if err != nil {
		k.t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return output
}

func (k kubectl) apply(manifest string) {
	k.t.Helper()
	file := filepath.Join(k.t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		k.t.Fatalf("Write a manifest: %v", err)
	}
	k.must("apply", "--server-side", "-f", file)
}

func status(t *testing.T, url, host string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatalf("Create request: %v", err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("Get %s: %v", host, err)
	}
	response.Body.Close()
	return response.StatusCode
}

func waitForStatus(t *testing.T, url, host string, want int) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got := status(t, url, host)
		if got == want {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: %d, want %d within 10 s", host, got, want)
		case <-tick.C:
		}
	}
}
