// Package node runs a whole Kubernetes node on this machine, for end-to-end tests: a control plane, kubelet, containerd,
// kube-proxy, enforced NetworkPolicies, DNS, and a Postgres server with TLS outside of the cluster. Add-ons are optional:
// Traefik as ingress controller, and Flux.
//
// Everything runs in namespaces of its own, and ends with the program that has started it. The network of the node has no
// route out of it. Start needs root on Linux.
package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/control"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/hoststate"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/inside"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/programs"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/sandbox"
)

// prefix is that of the names of the folders of nodes, in the folder for temporary files.
const prefix = "echoblogs-node-"

// The add-ons.
const (
	// Traefik is the ingress controller. Without it, HTTP and HTTPS of a node are empty.
	Traefik = "traefik"
	// Flux is source-controller and kustomize-controller, which apply Git repositories.
	Flux = "flux"
)

// Options configure a node.
type Options struct {
	// AddOns are parts that not every test needs, and whose programs take long to build: Traefik and Flux. Defaults to none.
	AddOns []string
	// Progress is called with what is being done. Defaults to nothing.
	Progress func(string)
	// KeepLogs is a folder that receives the logs of the programs when the node stops. Defaults to none.
	KeepLogs string
}

// Node is a running node.
type Node struct {
	// Kubeconfig is the file of a cluster administrator, for use on this machine.
	Kubeconfig string
	// HTTP and HTTPS are the addresses of Traefik on this machine, host and port. Empty: the node has no such add-on.
	HTTP, HTTPS string
	// Postgres is the database server.
	Postgres Postgres

	options  Options
	programs programs.Folders
	state    string
	lock     *os.File // held while the node runs, so that Clean leaves it alone
	before   hoststate.State
	sandbox  *sandbox.Sandbox

	closing   sync.Mutex
	listeners []net.Listener
	// servesTest is set when the node can connect to servers of this machine.
	servesTest bool
}

// has reports whether the node has an add-on.
func (n *Node) has(addOn string) bool { return slices.Contains(n.options.AddOns, addOn) }

// Start starts a node, and returns when it is ready. The first call on a machine builds the programs, which takes
// minutes. If it fails, or ctx ends, it leaves nothing behind.
func Start(ctx context.Context, options Options) (*Node, error) {
	if err := checkMachine(); err != nil {
		return nil, err
	}
	if options.Progress == nil {
		options.Progress = func(string) {}
	}
	n := &Node{options: options}
	if err := n.start(ctx); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted: %w", ctx.Err())
		}
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return nil, errors.Join(err, n.Stop(stopping))
	}
	return n, nil
}

// checkMachine returns why no node can run here.
func checkMachine() error {
	if os.Geteuid() != 0 {
		return errors.New("a node needs root: run this as root, for example with sudo")
	}
	for _, program := range []string{"ip", "iptables", "ip6tables", "ipset"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("a node needs the program %s: run test/e2e/install.sh", program)
		}
	}
	return nil
}

func (n *Node) start(ctx context.Context) error {
	var err error
	if n.programs, err = programs.Build(ctx, n.options.Progress, n.options.AddOns...); err != nil {
		return err
	}
	images, err := n.buildImages(ctx)
	if err != nil {
		return err
	}
	if err := n.createState(ctx); err != nil {
		return err
	}
	if err := n.startSandbox(ctx); err != nil {
		return err
	}
	if err := n.forwardPorts(ctx); err != nil {
		return err
	}
	if err := n.Import(ctx, images...); err != nil {
		return err
	}
	return n.installParts(ctx)
}

// createState records the state of the machine, and creates the folder of the node.
func (n *Node) createState(ctx context.Context) error {
	var err error
	if n.state, err = os.MkdirTemp("", prefix); err != nil {
		return fmt.Errorf("create the folder of the node: %w", err)
	}
	// The database server does not run as root.
	if err := os.Chmod(n.state, 0o755); err != nil {
		return fmt.Errorf("create the folder of the node: %w", err)
	}
	if n.lock, err = lockFolder(n.state); err != nil {
		return err
	}
	if n.lock == nil {
		return fmt.Errorf("the folder of the node, %s, is being deleted", n.state)
	}
	if n.before, err = hoststate.Take(ctx, filepath.Base(n.state)); err != nil {
		return err
	}
	if err := n.before.Save(beforeFile(n.state)); err != nil {
		return err
	}
	content, err := json.Marshal(n.programs)
	if err != nil {
		return fmt.Errorf("encode the folders of the programs: %w", err)
	}
	if err := os.WriteFile(inside.ProgramsFile(n.state), content, 0o600); err != nil {
		return fmt.Errorf("write the folders of the programs: %w", err)
	}
	return nil
}

func beforeFile(state string) string { return filepath.Join(state, "before.json") }

// startSandbox returns when the programs have started.
func (n *Node) startSandbox(ctx context.Context) error {
	log, err := os.Create(filepath.Join(n.state, "supervisor.log"))
	if err != nil {
		return fmt.Errorf("create a log: %w", err)
	}
	defer log.Close()
	output, messages := io.Pipe()
	if n.sandbox, err = sandbox.Start(n.state, messages, log); err != nil {
		return err
	}
	go func() {
		<-n.sandbox.Done()
		messages.Close()
	}()
	started := make(chan error, 1)
	go n.relay(output, started)
	select {
	case err := <-started:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// relay passes on what the supervisor reports. It sends once, when the node has started or failed.
func (n *Node) relay(output io.Reader, started chan<- error) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var message inside.Message
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			message.Progress = lines.Text()
		}
		switch {
		case message.Ready:
			started <- nil
			started = make(chan error, 1)
		case message.Failure != "":
			started <- errors.New(message.Failure)
			started = make(chan error, 1)
		default:
			n.options.Progress(message.Progress)
		}
	}
	log, _ := os.ReadFile(filepath.Join(n.state, "supervisor.log")) // the end is reported without it, too
	select {
	case started <- fmt.Errorf("%w\n%s", n.sandbox.Ended(), log):
	default:
	}
}

// Done returns a channel that is closed when the node has ended for any reason.
func (n *Node) Done() <-chan struct{} { return n.sandbox.Done() }

// Stop ends the node, and deletes what it has created on this machine. It fails if the machine is not as it was before
// Start, and then names each difference.
func (n *Node) Stop(ctx context.Context) error {
	n.closing.Lock()
	defer n.closing.Unlock()
	for _, listener := range n.listeners {
		listener.Close()
	}
	n.listeners = nil
	if n.state == "" {
		return nil
	}
	var failure error
	if n.sandbox != nil {
		failure = n.sandbox.Stop(ctx)
	}
	if n.options.KeepLogs != "" {
		failure = errors.Join(failure, keepLogs(n.state, n.options.KeepLogs))
	}
	failure = errors.Join(failure, removeFolder(n.state), n.lock.Close())
	if n.before != nil {
		failure = errors.Join(failure, compare(ctx, n.before, filepath.Base(n.state)))
	}
	n.state = ""
	return failure
}

// keepLogs copies the logs of the node, so that they outlive it.
func keepLogs(state, to string) error {
	logs := filepath.Join(state, "logs")
	if _, err := os.Stat(logs); errors.Is(err, fs.ErrNotExist) {
		return nil // it did not come that far
	}
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("keep the logs: %w", err)
	}
	if err := os.CopyFS(to, os.DirFS(logs)); err != nil {
		return fmt.Errorf("keep the logs: %w", err)
	}
	return nil
}

// Programs returns the folder with kubectl.
func (n *Node) Programs() string { return filepath.Dir(n.programs.Path("kubectl")) }

// Run runs a command in the namespaces of the node, and returns its output.
func (n *Node) Run(ctx context.Context, command ...string) ([]byte, error) {
	return control.Do(ctx, n.state, control.Request{Do: "run", Arguments: command})
}

// StopProgram stops a program of the node: postgres, etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
// kubelet, kube-proxy, kube-router or containerd.
func (n *Node) StopProgram(ctx context.Context, name string) error {
	_, err := control.Do(ctx, n.state, control.Request{Do: "stop", Program: name})
	return err
}

// StartProgram starts a program that was stopped.
func (n *Node) StartProgram(ctx context.Context, name string) error {
	_, err := control.Do(ctx, n.state, control.Request{Do: "start", Program: name})
	return err
}
