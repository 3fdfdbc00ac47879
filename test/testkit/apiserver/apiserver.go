// Package apiserver runs a Kubernetes API server with the kinds of EchoBlogs, without any controller: one that the tests
// of a package share, and separate ones for tests that kill them.
package apiserver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// buildTimeout bounds the build of the programs, which are usually in the cache.
const buildTimeout = 20 * time.Minute

// Server is an API server. Every field acts as the cluster's administrator.
type Server struct {
	// Config has no rate limit.
	Config *rest.Config
	// Client knows the kinds of Scheme.
	Client client.WithWatch
	// Kubeconfig is the path of a file, for kubectl.
	Kubeconfig string
	// Kubectl is the path of the program.
	Kubectl string

	environment *envtest.Environment
	folder      string // holds files of the server; removed at the end
}

// Scheme has the kinds of Kubernetes and of EchoBlogs.
var Scheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		panic(err)
	}
	return scheme
})

// running is the shared server, if a test has started it.
var running atomic.Pointer[Server]

// shared starts the shared server for the first test that needs it.
var shared = sync.OnceValues(func() (*Server, error) {
	folder, err := os.MkdirTemp("", "echoblogs-test-apiserver-")
	if err != nil {
		return nil, fmt.Errorf("create folder: %w", err)
	}
	s, err := start(folder, func(*envtest.Environment, string) error { return nil })
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	running.Store(s)
	return s, s.shareWithFuzzWorkers()
})

// Main runs the tests of a package, stops the shared server, and returns the code for os.Exit. With ECHOBLOGS_TEST_LOG
// set, the log of controllers goes to stderr.
func Main(m *testing.M) int {
	if os.Getenv("ECHOBLOGS_TEST_LOG") != "" {
		ctrl.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(os.Stderr)))
	} else {
		ctrl.SetLogger(zap.New(zap.WriteTo(discard{})))
	}
	code := m.Run()
	if s := running.Load(); s != nil {
		if err := s.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "Stop the API server:", err)
			code = max(code, 1)
		}
	}
	return code
}

// discard is not io.Discard, for which zap would not format anything: tests check that logging works, too.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Shared returns the server that all tests of the package share. The package needs a TestMain that calls Main.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("Start the API server: %v", err)
	}
	return s
}

// start starts a server. configure may change it before; it is called with the folder of the programs.
func start(folder string, configure func(e *envtest.Environment, programs string) error) (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	programs, err := controlplane.Programs(ctx, "etcd", "kube-apiserver", "kubectl")
	if err != nil {
		return nil, err
	}
	root, err := repository.Root()
	if err != nil {
		return nil, err
	}
	environment := &envtest.Environment{
		BinaryAssetsDirectory: programs,
		CRDDirectoryPaths:     []string{filepath.Join(root, "charts", "echoblogs", "crds")},
		ErrorIfCRDPathMissing: true,
	}
	environment.ControlPlane.GetAPIServer().Configure().Set("authorization-mode", "RBAC")
	if err := configure(environment, programs); err != nil {
		return nil, err
	}
	s := &Server{
		environment: environment, folder: folder, Kubectl: filepath.Join(programs, "kubectl"), Kubeconfig: filepath.Join(folder, "kubeconfig"),
	}
	if s.Config, err = environment.Start(); err != nil {
		return nil, fmt.Errorf("start the API server: %w", err)
	}
	s.Config.QPS = -1
	if s.Client, err = client.NewWithWatch(s.Config, client.Options{Scheme: Scheme()}); err != nil {
		return nil, errors.Join(fmt.Errorf("create client: %w", err), environment.Stop())
	}
	if err := os.WriteFile(s.Kubeconfig, environment.KubeConfig, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write kubeconfig: %w", err), environment.Stop())
	}
	return s, nil
}

func (s *Server) stop() error {
	return errors.Join(s.environment.Stop(), os.RemoveAll(s.folder))
}

// shareWithFuzzWorkers makes the processes that fuzzing starts use this server. A worker is killed when fuzzing ends,
// so its own server would be left running.
func (s *Server) shareWithFuzzWorkers() error {
	if flag.Lookup("test.fuzz").Value.String() == "" || flag.Lookup("test.fuzzworker").Value.String() == "true" {
		return nil
	}
	s.environment.UseExistingCluster = new(false) // this process still stops it
	return errors.Join(os.Setenv("USE_EXISTING_CLUSTER", "true"), os.Setenv("KUBECONFIG", s.Kubeconfig))
}
