// Package stack runs a whole installation as processes: one control plane for all tests of a package, or of several, and for
// each test a namespace, a database, operators, blogs and public sites. The kernel kills them when the program that has
// started them ends.
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
	"k8s.io/client-go/tools/clientcmd/api"
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

// installation is shared by all tests of a package. If this program has not started it, controlPlane is nil.
type installation struct {
	folder       string // for programs, data, logs and secrets
	controlPlane *controlplane.ControlPlane
	config       *rest.Config // the administrator's
	client       client.WithWatch
}

// shared connects to the installation that Share has started, or starts one for the first test that needs it.
var shared = sync.OnceValues(func() (*installation, error) {
	ctrl.SetLogger(logr.Discard())
	if folder := os.Getenv(folderVariable); folder != "" {
		i := &installation{folder: folder}
		return i, i.connect()
	}
	i, err := start(context.Background())
	if err != nil {
		return nil, err
	}
	running.Store(i)
	return i, i.connect()
})

// running is the installation, if this program has started it.
var running atomic.Pointer[installation]

// Main runs the tests of a package, ends what they share, and returns the code for os.Exit. It keeps the logs if
// a test has failed.
func Main(m *testing.M) int {
	code := m.Run()
	if err := endOwners(); err != nil {
		fmt.Fprintln(os.Stderr, "End what the tests share:", err)
		code = max(code, 1)
	}
	i := running.Load()
	if i == nil {
		return code
	}
	if err := i.end(code == 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func (i *installation) logs() string { return filepath.Join(i.folder, "logs") }

// programs is the folder of operator, blog, portal and kubectl-echoblogs.
func (i *installation) programs() string { return filepath.Join(i.folder, "bin") }

func (i *installation) state() string { return filepath.Join(i.folder, "state") }

// kubeconfig is the path of the administrator's kubeconfig.
func (i *installation) kubeconfig() string {
	return filepath.Join(i.state(), "administrator.kubeconfig")
}

// start starts an installation.
func start(ctx context.Context) (*installation, error) {
	i := &installation{}
	var err error
	if i.folder, err = os.MkdirTemp("", "echoblogs-test-stack-"); err != nil {
		return nil, fmt.Errorf("create a folder: %w", err)
	}
	if err := i.start(ctx); err != nil {
		return nil, errors.Join(err, i.end(false))
	}
	return i, nil
}

func (i *installation) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	root, err := repository.Root()
	if err != nil {
		return err
	}
	kubernetes, err := controlplane.Programs(ctx, "etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
	if err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(i.logs(), 0o700), os.Mkdir(i.state(), 0o700)); err != nil {
		return fmt.Errorf("create the folders for logs and state: %w", err)
	}
	if err := buildPrograms(ctx, root, i.programs()); err != nil {
		return err
	}
	i.controlPlane, err = controlplane.Start(ctx, controlplane.Options{
		Programs: kubernetes, State: i.state(), Logs: i.logs(), Namespace: installedNamespace, DataMayBeLost: true, Progress: func(string) {},
	})
	if err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	if err := i.controlPlane.WriteAdministratorKubeconfig(i.kubeconfig()); err != nil {
		return err
	}
	return i.install(ctx, root, filepath.Join(kubernetes, "kubectl"))
}

// install applies the manifests of an installation.
func (i *installation) install(ctx context.Context, root, kubectl string) error {
	for _, arguments := range [][]string{
		{"apply", "--server-side", "--filename=" + filepath.Join(root, "hack", "dev", "manifests")},
		{"wait", "--for=condition=Established", "--timeout=60s", "--filename=" + filepath.Join(root, "charts", "echoblogs", "crds")},
	} {
		if err := i.runKubectl(ctx, kubectl, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// connect creates the administrator's client.
func (i *installation) connect() error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("register the kinds: %w", err)
	}
	var err error
	if i.config, err = clientcmd.BuildConfigFromFlags("", i.kubeconfig()); err != nil {
		return fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	i.config.QPS = -1
	i.config.WarningHandler = rest.NoWarnings{}
	if i.client, err = client.NewWithWatch(i.config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("create a client of the API server: %w", err)
	}
	return nil
}

// writeTokenKubeconfig writes a kubeconfig with a bearer token.
func (i *installation) writeTokenKubeconfig(path, token string) error {
	config, err := clientcmd.LoadFromFile(i.kubeconfig())
	if err != nil {
		return fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: token}
	}
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// runKubectl runs kubectl as the administrator.
func (i *installation) runKubectl(ctx context.Context, kubectl string, arguments ...string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, kubectl, append([]string{"--kubeconfig=" + i.kubeconfig()}, arguments...)...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, output)
	}
	return nil
}

// end stops the control plane, and removes the folder unless the logs are needed.
func (i *installation) end(passed bool) error {
	if i.controlPlane != nil {
		ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
		defer cancel()
		if err := i.controlPlane.Stop(ctx); err != nil {
			return fmt.Errorf("stop the control plane, whose logs are in %s: %w", i.logs(), err)
		}
	}
	if !passed {
		fmt.Fprintln(os.Stderr, "The logs of the programs are in", i.logs())
		return nil
	}
	if err := os.RemoveAll(i.folder); err != nil {
		return fmt.Errorf("remove the folder of the installation: %w", err)
	}
	return nil
}
