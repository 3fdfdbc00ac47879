package components

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/programs"
	"github.com/echoblogs/echoblogs/test/testkit/authority"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

// startTimeout bounds the start of one program.
const startTimeout = 2 * time.Minute

// Components are the programs of a node.
type Components struct {
	state     string
	programs  programs.Folders
	progress  func(string)
	authority *authority.Authority

	mu        sync.Mutex
	processes map[string]*process.Process

	// Its start takes a second, and the others need not wait for it.
	postgresMu sync.Mutex
	postgres   *postgresserver.Server
}

// New returns the components of a node, none of which is running. State is the folder for everything that they write.
func New(state string, folders programs.Folders, progress func(string)) *Components {
	return &Components{state: state, programs: folders, progress: progress, processes: make(map[string]*process.Process)}
}

// StartAll starts everything. It returns when the API server, containerd and Postgres are ready.
func (c *Components) StartAll(ctx context.Context) error {
	if err := os.MkdirAll(c.logs(), 0o755); err != nil {
		return fmt.Errorf("create the folder of the logs: %w", err)
	}
	if err := c.issueCertificates(); err != nil {
		return err
	}
	if err := c.configureNetwork(ctx); err != nil {
		return err
	}
	inParallel := [][]string{
		{"postgres"},
		{"containerd"},
		{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"},
	}
	failures := make(chan error, len(inParallel))
	for _, names := range inParallel {
		go func() {
			for _, name := range names {
				if err := c.Start(ctx, name); err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}()
	}
	var failure error
	for range inParallel {
		failure = errors.Join(failure, <-failures)
	}
	if failure != nil {
		return failure
	}
	// The kubelet needs both containerd and the API server.
	if err := c.Start(ctx, "kubelet"); err != nil {
		return err
	}
	return c.Start(ctx, "kube-router")
}

// Start starts a program, and waits until it is ready if others need it.
func (c *Components) Start(ctx context.Context, name string) error {
	c.progress("Starting " + name)
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	switch name {
	case "postgres":
		return c.startPostgres(ctx)
	case "containerd":
		return c.startContainerd(ctx)
	case "etcd":
		return c.startEtcd(ctx)
	case "kube-apiserver":
		return c.startAPIServer(ctx)
	case "kube-controller-manager":
		return c.startControllerManager(ctx)
	case "kube-scheduler":
		return c.startScheduler(ctx)
	case "kubelet":
		return c.startKubelet(ctx)
	case "kube-proxy":
		return c.startProxy(ctx)
	case "kube-router":
		return c.startRouter(ctx)
	default:
		return fmt.Errorf("start %s: a node has no such program", name)
	}
}

// stopTimeout is how long a program may take to stop before it is killed. Without etcd the API server would take a minute.
const stopTimeout = 5 * time.Second

// Stop stops a program.
func (c *Components) Stop(ctx context.Context, name string) error {
	c.progress("Stopping " + name)
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if name == "postgres" {
		return c.stopPostgres(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	running, ok := c.processes[name]
	if !ok {
		return fmt.Errorf("stop %s: it is not running", name)
	}
	delete(c.processes, name)
	if err := running.Stop(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil // it has ended in either case
}

// run starts one of the programs.
func (c *Components) run(ctx context.Context, name string, arguments ...string) (*process.Process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.processes[name]; ok {
		return nil, fmt.Errorf("start %s: it is running", name)
	}
	started, err := process.Start(ctx, process.Spec{
		Name:    name,
		Path:    c.programs.Path(name),
		Args:    arguments,
		LogFile: filepath.Join(c.logs(), name+".log"),
	})
	if err != nil {
		return nil, err
	}
	c.processes[name] = started
	go c.reportEnd(name, started)
	return started, nil
}

// running returns a program that is running.
func (c *Components) running(name string) (*process.Process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.processes[name]
	if !ok {
		return nil, fmt.Errorf("%s is not running", name)
	}
	return found, nil
}

// reportEnd reports a program that ends although nothing has stopped it.
func (c *Components) reportEnd(name string, started *process.Process) {
	<-started.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.processes[name] == started {
		delete(c.processes, name)
		c.progress("Failure: " + started.Ended().Error())
	}
}

func (c *Components) logs() string { return filepath.Join(c.state, "logs") }

// certificate returns the path of a file of the authority.
func (c *Components) certificate(file string) string { return c.authority.File(file) }

// issueCertificates creates a certificate for each program, whose user has the permissions that Kubernetes gives it.
func (c *Components) issueCertificates() error {
	signer, err := authority.New(filepath.Join(c.state, "certificates"), "echoblogs-node")
	if err != nil {
		return err
	}
	c.authority = signer
	return errors.Join(
		signer.Issue("etcd", pkix.Name{CommonName: "etcd"}),
		signer.Issue("kube-apiserver", pkix.Name{CommonName: "kube-apiserver"},
			Address, "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc."+Domain),
		signer.Issue("kube-controller-manager", pkix.Name{CommonName: "system:kube-controller-manager"}),
		signer.Issue("kube-scheduler", pkix.Name{CommonName: "system:kube-scheduler"}),
		signer.Issue("kubelet", pkix.Name{CommonName: "system:node:" + NodeName, Organization: []string{"system:nodes"}}, Address),
		signer.Issue("kube-proxy", pkix.Name{CommonName: "system:kube-proxy"}),
		signer.Issue("administrator", pkix.Name{CommonName: "administrator", Organization: []string{"system:masters"}}),
		signer.Issue("postgres", pkix.Name{CommonName: PostgresName}, PostgresName, HostName, Address),
		signer.IssueKey("service-account"),
	)
}
