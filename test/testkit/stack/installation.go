// Package stack runs a whole installation as processes: one control plane for all tests of a package, and for each test a
// namespace, a database, operators, blogs and public sites. The kernel kills them when the test program ends.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

const (
	// buildTimeout bounds the build of all programs with an empty cache.
	buildTimeout = 20 * time.Minute
	// commandTimeout bounds a kubectl command, and the stop of a program.
	commandTimeout = 2 * time.Minute
	// installedNamespace is the namespace in the manifests of an installation.
	installedNamespace = "echoblogs"
)

// installation is shared by all tests of a package.
type installation struct {
	root     string // of the repository
	folder   string // for programs, data, logs and secrets
	programs string // folder of operator, blog, portal and kubectl-echoblogs
	kubectl  string

	controlPlane *controlplane.ControlPlane
	kubeconfig   string       // the administrator's
	config       *rest.Config // the administrator's
	client       client.WithWatch
}

// shared starts the installation for the first test that needs it.
var shared = sync.OnceValues(func() (*installation, error) {
	i := &installation{}
	err := i.start()
	if err != nil {
		return nil, errors.Join(err, i.stop())
	}
	running.Store(i)
	return i, nil
})

// running is the installation, if a test has started it.
var running atomic.Pointer[installation]

// Main runs the tests of a package, stops the shared installation, and returns the code for os.Exit. It keeps the logs if
// a test has failed.
func Main(m *testing.M) int {
	code := m.Run()
	i := running.Load()
	if i == nil {
		return code
	}
	if err := i.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "Stop the control plane:", err)
		code = max(code, 1)
	}
	if code != 0 {
		fmt.Fprintln(os.Stderr, "The logs of the programs are in", i.logs())
		return code
	}
	if err := os.RemoveAll(i.folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func (i *installation) logs() string { return filepath.Join(i.folder, "logs") }

func (i *installation) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	ctrl.SetLogger(logr.Discard())
	var err error
	if i.root, err = repository.Root(); err != nil {
		return err
	}
	kubernetes, err := controlplane.Programs(ctx, "etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
	if err != nil {
		return err
	}
	i.kubectl = filepath.Join(kubernetes, "kubectl")
	if i.folder, err = os.MkdirTemp("", "echoblogs-test-stack-"); err != nil {
		return fmt.Errorf("create a folder: %w", err)
	}
	i.programs = filepath.Join(i.folder, "bin")
	state := filepath.Join(i.folder, "state")
	if err := errors.Join(os.Mkdir(i.logs(), 0o700), os.Mkdir(state, 0o700)); err != nil {
		return fmt.Errorf("create the folders for logs and state: %w", err)
	}
	if err := buildPrograms(ctx, i.root, i.programs); err != nil {
		return err
	}
	i.controlPlane, err = controlplane.Start(ctx, controlplane.Options{
		Programs: kubernetes, State: state, Logs: i.logs(), Namespace: installedNamespace, Progress: func(string) {},
	})
	if err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	i.kubeconfig = filepath.Join(state, "administrator.kubeconfig")
	if err := i.controlPlane.WriteAdministratorKubeconfig(i.kubeconfig); err != nil {
		return err
	}
	return i.install(ctx)
}

// install applies the manifests of an installation, and creates the administrator's client.
func (i *installation) install(ctx context.Context) error {
	for _, arguments := range [][]string{
		{"apply", "--server-side", "--kustomize=" + filepath.Join(i.root, "hack", "dev", "manifests")},
		{"wait", "--for=condition=Established", "--timeout=60s", "--filename=" + filepath.Join(i.root, "config", "crd", "bases")},
	} {
		if err := i.runKubectl(ctx, arguments...); err != nil {
			return err
		}
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("register the kinds: %w", err)
	}
	var err error
	if i.config, err = clientcmd.BuildConfigFromFlags("", i.kubeconfig); err != nil {
		return fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	i.config.QPS = -1
	i.config.WarningHandler = rest.NoWarnings{}
	if i.client, err = client.NewWithWatch(i.config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("create a client of the API server: %w", err)
	}
	return nil
}

// runKubectl runs kubectl as the administrator.
func (i *installation) runKubectl(ctx context.Context, arguments ...string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, i.kubectl, append([]string{"--kubeconfig=" + i.kubeconfig}, arguments...)...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, output)
	}
	return nil
}

// stop stops the control plane.
func (i *installation) stop() error {
	if i.controlPlane == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	return i.controlPlane.Stop(ctx)
}
