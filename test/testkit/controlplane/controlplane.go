// Package controlplane runs a Kubernetes control plane without nodes on this
// machine: etcd, kube-apiserver and kube-controller-manager, all on loopback.
package controlplane

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/authority"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

// startTimeout bounds the start of one program. The API server takes about 6 s
// on an idle machine.
const startTimeout = 2 * time.Minute

// Options configure a control plane.
type Options struct {
	// Programs is the folder of etcd, kube-apiserver and kube-controller-manager.
	Programs string
	// State is the folder for certificates and etcd's data. The data survives a
	// restart.
	State string
	// DataMayBeLost makes writes faster: etcd does not wait for the disk.
	DataMayBeLost bool
	// Logs is the folder for the logs, one file per program.
	Logs string
	// Namespace is the default namespace of the kubeconfigs.
	Namespace string
	// Progress is called before each program is started.
	Progress func(string)
}

// ControlPlane is a running control plane.
type ControlPlane struct {
	options   Options
	authority *authority.Authority
	server    string             // the API server's address
	processes []*process.Process // in the order in which they were started
}

// Start returns when the API server is ready. If it fails, it leaves no process
// behind.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	c := &ControlPlane{options: options}
	if err := c.start(ctx); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return nil, errors.Join(err, c.Stop(stopping))
	}
	return c, nil
}

func (c *ControlPlane) start(ctx context.Context) error {
	if err := c.issueCertificates(); err != nil {
		return err
	}
	ports, err := freeport.Find(ctx, 3)
	if err != nil {
		return err
	}
	etcd := fmt.Sprintf("https://127.0.0.1:%d", ports[0])
	etcdPeer := fmt.Sprintf("https://127.0.0.1:%d", ports[1])
	c.server = fmt.Sprintf("https://127.0.0.1:%d", ports[2])

	c.options.Progress("Starting etcd")
	if err := c.startEtcd(ctx, etcd, etcdPeer); err != nil {
		return err
	}
	c.options.Progress("Starting kube-apiserver")
	if err := c.startAPIServer(ctx, etcd, ports[2]); err != nil {
		return err
	}
	c.options.Progress("Starting kube-controller-manager")
	return c.startControllerManager(ctx)
}

func (c *ControlPlane) issueCertificates() error {
	signer, err := authority.New(filepath.Join(c.options.State, "certificates"), "echoblogs-demo")
	if err != nil {
		return err
	}
	c.authority = signer
	return errors.Join(
		signer.Issue("etcd", pkix.Name{CommonName: "etcd"}),
		signer.Issue("kube-apiserver", pkix.Name{CommonName: "kube-apiserver"}),
		signer.Issue("kube-controller-manager", pkix.Name{CommonName: "system:kube-controller-manager"}),
		signer.Issue("administrator", pkix.Name{CommonName: "administrator", Organization: []string{"system:masters"}}),
		signer.IssueKey("service-account"),
	)
}

// run starts one of the programs.
func (c *ControlPlane) run(ctx context.Context, name string, arguments ...string) (*process.Process, error) {
	started, err := process.Start(ctx, process.Spec{
		Name:    name,
		Path:    filepath.Join(c.options.Programs, name),
		Args:    arguments,
		LogFile: filepath.Join(c.options.Logs, name+".log"),
	})
	if err != nil {
		return nil, err
	}
	c.processes = append(c.processes, started)
	return started, nil
}

// Processes returns the running programs in the order in which they were started.
func (c *ControlPlane) Processes() []*process.Process { return c.processes }

// Stop ends the programs, last started first.
func (c *ControlPlane) Stop(ctx context.Context) error {
	var failures []error
	for i := len(c.processes) - 1; i >= 0; i-- {
		failures = append(failures, stop(ctx, c.processes[i]))
	}
	return errors.Join(failures...)
}

// stop gives a program limited time: without etcd the API server would take a
// minute to stop, and everything that etcd has acknowledged is on disk.
func stop(ctx context.Context, program *process.Process) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return program.Stop(ctx)
}

// readFile returns one of the authority's files.
func (c *ControlPlane) readFile(name string) ([]byte, error) {
	content, err := os.ReadFile(c.authority.File(name))
	if err != nil {
		return nil, fmt.Errorf("read a certificate: %w", err)
	}
	return content, nil
}
