package controllers_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
)

// What every test of this package shares: one API server with the definitions of config/crd, and its administrator.
var (
	scheme        = runtime.NewScheme()
	administrator *rest.Config
	admin         client.Client
	assets        string // the folder of the control plane's programs
	kubectl       string // one of them
	kubeconfig    string // the administrator's
)

func TestMain(m *testing.M) {
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Starting the control plane:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func runTests(m *testing.M) (int, error) {
	if os.Getenv("ECHOBLOGS_TEST_LOG") != "" {
		ctrl.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(os.Stderr)))
	} else {
		ctrl.SetLogger(zap.New(zap.WriteTo(discard{})))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	var err error
	if assets, err = controlplane.Programs(ctx, "etcd", "kube-apiserver", "kubectl"); err != nil {
		return 0, err
	}
	environment := newEnvironment()
	if administrator, err = environment.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = environment.Stop() }()
	administrator.QPS = -1
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return 0, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return 0, err
	}
	if admin, err = client.New(administrator, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	kubectl = filepath.Join(assets, "kubectl")
	kubeconfig = filepath.Join(os.TempDir(), fmt.Sprintf("echoblogs-test-%d.kubeconfig", os.Getpid()))
	if err := os.WriteFile(kubeconfig, environment.KubeConfig, 0o600); err != nil {
		return 0, err
	}
	defer func() { _ = os.Remove(kubeconfig) }()
	if err := shareWithFuzzWorkers(environment); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// shareWithFuzzWorkers lets the processes that fuzzing starts use the control plane of this one. One of their own would
// be left behind: they are killed when fuzzing ends.
func shareWithFuzzWorkers(environment *envtest.Environment) error {
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() == "" || flag.Lookup("test.fuzzworker").Value.String() == "true" {
		return nil
	}
	environment.UseExistingCluster = new(false) // it is stopped by the one that has started it
	return errors.Join(os.Setenv("USE_EXISTING_CLUSTER", "true"), os.Setenv("KUBECONFIG", kubeconfig))
}

// newEnvironment is a control plane with the definitions of config/crd, which is not started yet.
func newEnvironment() *envtest.Environment {
	environment := &envtest.Environment{
		BinaryAssetsDirectory: assets,
		CRDDirectoryPaths:     []string{filepath.Join("..", "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	environment.ControlPlane.GetAPIServer().Configure().Set("authorization-mode", "RBAC")
	return environment
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
