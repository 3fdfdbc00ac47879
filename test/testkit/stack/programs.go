package stack

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

// noDNSServer is where nothing listens: tests that look names up start a server of their own.
const noDNSServer = "127.0.0.1:9"

// Operator is a running operator.
type Operator struct {
	platform *Platform
	process  *process.Process
	metrics  string // the address of its metrics
	health   string // and of its health checks
	ended    bool   // the test has ended it
}

// StartOperator starts an operator as its ServiceAccount, with additional flags. The test fails if the operator ends by
// itself.
func (p *Platform) StartOperator(flags ...string) *Operator {
	p.t.Helper()
	ports, err := freeport.Find(p.t.Context(), 2)
	if err != nil {
		p.t.Fatal(err)
	}
	o := &Operator{platform: p, metrics: fmt.Sprintf("127.0.0.1:%d", ports[0]), health: fmt.Sprintf("127.0.0.1:%d", ports[1])}
	o.process = p.start("operator", nil, append([]string{
		"run", "--namespace=" + p.Namespace, "--kubeconfig=" + p.kubeconfig, "--probe-address=" + p.Blogs[0],
		"--metrics-address=" + o.metrics, "--health-address=" + o.health, "--dns-server=" + noDNSServer,
	}, flags...)...)
	p.t.Cleanup(func() {
		if !o.ended {
			p.stop(o.process)
		}
	})
	return o
}

// Stop stops the operator with SIGTERM, as a kubelet does, and returns when it has ended.
func (o *Operator) Stop() {
	o.ended = true
	o.platform.stop(o.process)
}

// Kill kills the operator with SIGKILL, as the kernel does when memory runs out.
func (o *Operator) Kill() {
	o.platform.t.Helper()
	select {
	case <-o.process.Done():
		o.platform.t.Fatalf("the operator ended before it was killed: %v", o.process.Ended())
	default:
	}
	o.ended = true
	if err := syscall.Kill(o.process.PID(), syscall.SIGKILL); err != nil {
		o.platform.t.Fatal(err)
	}
	<-o.process.Done()
}

// Ready returns nil if the operator is ready, and otherwise what it says.
func (o *Operator) Ready(ctx context.Context) error {
	answer, err := Get(ctx, o.health, "", "/readyz")
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("the operator is not ready: %d, %q", answer.Status, answer.Body)
	}
	return err
}

// Leads reports whether the operator is the leader.
func (o *Operator) Leads(ctx context.Context) (bool, error) {
	status, _, err := o.Metric(ctx, "leader_election_master_status")
	return status == 1, err
}

// Metric returns the sum of the series of a metric, and their number.
func (o *Operator) Metric(ctx context.Context, name string) (sum float64, series int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.metrics+"/metrics", nil)
	if err != nil {
		return 0, 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		labels, found := strings.CutPrefix(lines.Text(), name)
		if !found || !strings.HasPrefix(labels, "{") && !strings.HasPrefix(labels, " ") {
			continue
		}
		value, err := strconv.ParseFloat(labels[strings.LastIndex(labels, " ")+1:], 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read the metric %s: %w", name, err)
		}
		sum += value
		series++
	}
	return sum, series, lines.Err()
}

// Blog is a running replica of the blog.
type Blog struct {
	platform *Platform
	process  *process.Process
	ended    bool // the test has ended it
}

// Stop stops the replica with SIGTERM, as a kubelet does, and returns when it has ended.
func (b *Blog) Stop() {
	b.ended = true
	b.platform.stop(b.process)
}

// StartBlog starts a replica of the blog at one of the addresses in Blogs, with additional flags, and returns when it is
// ready, which requires that an operator has created the registry. The test fails if the replica ends by itself.
func (p *Platform) StartBlog(replica int, flags ...string) *Blog {
	p.t.Helper()
	blog := p.start("blog", []string{"ECHOBLOGS_DATABASE_URI=" + p.Database.BlogURI}, append([]string{"run", "--address=" + p.Blogs[replica], "--metrics-address=0"}, flags...)...)
	b := &Blog{platform: p, process: blog}
	p.t.Cleanup(func() {
		if !b.ended {
			b.Stop()
		}
	})
	p.Wait("the blog is ready", func(ctx context.Context) error {
		select {
		case <-blog.Done():
			return blog.Ended()
		default:
		}
		answer, err := Get(ctx, p.Blogs[replica], "", "/readyz")
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("it has the status %d: %s", answer.Status, answer.Body)
		}
		return err
	})
	return b
}

// Kill kills the replica with SIGKILL, as the kernel does when memory runs out.
func (b *Blog) Kill() {
	b.platform.t.Helper()
	b.ended = true
	if err := syscall.Kill(b.process.PID(), syscall.SIGKILL); err != nil {
		b.platform.t.Fatal(err)
	}
	<-b.process.Done()
}

// Portal is a running replica of the public site.
type Portal struct {
	// Address is HOST:PORT, and Mails is the folder into which it writes emails.
	Address, Mails string
	// ClientAddress is the IP address from which a test sends requests, as a trusted proxy does. Empty: its own.
	ClientAddress string

	platform *Platform
	process  *process.Process
	ended    bool // the test has ended it
}

// StartPortal starts a replica of the public site at one of the addresses in Portals, as its ServiceAccount and with
// additional flags, and returns when it is ready, which requires that an operator has created the tables. The test fails
// if the replica ends by itself.
func (p *Platform) StartPortal(replica int, flags ...string) *Portal {
	p.t.Helper()
	s := &Portal{Address: p.Portals[replica], Mails: filepath.Join(p.t.TempDir(), "mail"), platform: p}
	s.process = p.start("portal", p.portalEnvironment(), append([]string{
		"run", "--namespace=" + p.Namespace, "--kubeconfig=" + p.portalKubeconfig, "--address=" + s.Address,
		"--metrics-address=0", "--mail-folder=" + s.Mails, "--dns-server=" + noDNSServer,
	}, flags...)...)
	p.t.Cleanup(func() {
		if !s.ended {
			p.stop(s.process)
		}
	})
	p.Wait("the public site is ready", func(ctx context.Context) error {
		select {
		case <-s.process.Done():
			return s.process.Ended()
		default:
		}
		answer, err := Get(ctx, s.Address, "", "/readyz")
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("it has the status %d: %s", answer.Status, answer.Body)
		}
		return err
	})
	return s
}

// Stop stops the replica with SIGTERM, as a kubelet does, and returns when it has ended.
func (s *Portal) Stop() {
	s.ended = true
	s.platform.stop(s.process)
}

// Kill kills the replica with SIGKILL, as the kernel does when memory runs out.
func (s *Portal) Kill() {
	s.platform.t.Helper()
	s.ended = true
	if err := syscall.Kill(s.process.PID(), syscall.SIGKILL); err != nil {
		s.platform.t.Fatal(err)
	}
	<-s.process.Done()
}

func (p *Platform) start(name string, environment []string, arguments ...string) *process.Process {
	p.t.Helper()
	started, err := process.Start(p.t.Context(), process.Spec{
		Name: name, Path: cmp.Or(p.Programs[name], filepath.Join(p.installation.programs(), name)), Args: arguments, Env: environment,
		LogFile: filepath.Join(p.installation.logs(), fmt.Sprintf("%s-%s-%d.log", p.Namespace, name, p.programs.Add(1))),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return started
}

// Logs returns the logs of all programs of this Platform.
func (p *Platform) Logs() string {
	p.t.Helper()
	return strings.Join(p.LogsByProgram(), "")
}

// LogsByProgram returns the log of each program of this Platform that was started.
func (p *Platform) LogsByProgram() []string {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.installation.logs(), p.Namespace+"-*.log"))
	if err != nil {
		p.t.Fatal(err)
	}
	logs := make([]string, len(files))
	for i, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			p.t.Fatal(err)
		}
		logs[i] = string(content)
	}
	return logs
}

// stop stops a program, and fails the test if it has ended already or does not stop.
func (p *Platform) stop(program *process.Process) {
	select {
	case <-program.Done():
		p.t.Errorf("it ended by itself: %v", program.Ended())
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	if err := program.Stop(ctx); err != nil {
		p.t.Error(err)
	}
}

// RunPortal runs a command of the public site as its ServiceAccount, and returns its output. The error contains what it
// printed to stderr.
func (p *Platform) RunPortal(ctx context.Context, arguments ...string) (string, error) {
	arguments = append(arguments, "--namespace="+p.Namespace, "--kubeconfig="+p.portalKubeconfig)
	return p.run(ctx, "portal", p.portalEnvironment(), arguments...)
}

// ProxyPortalAPI puts a fault proxy between the public site and the API server. It applies to replicas that are started
// afterwards.
func (p *Platform) ProxyPortalAPI() *faultproxy.Proxy {
	p.t.Helper()
	config, err := clientcmd.LoadFromFile(p.portalKubeconfig)
	if err != nil {
		p.t.Fatal(err)
	}
	var proxy *faultproxy.Proxy
	for _, cluster := range config.Clusters {
		proxy, cluster.Server = faultproxy.New(p.t, cluster.Server)
	}
	p.portalKubeconfig = filepath.Join(p.t.TempDir(), "proxy.kubeconfig")
	if err := clientcmd.WriteToFile(*config, p.portalKubeconfig); err != nil {
		p.t.Fatal(err)
	}
	return proxy
}

// ProxyPortalDatabase puts a fault proxy between the public site and the database. It applies to replicas that are
// started afterwards.
func (p *Platform) ProxyPortalDatabase() *faultproxy.Proxy {
	p.t.Helper()
	proxy, uri := faultproxy.New(p.t, p.Database.PortalURI)
	p.Database.PortalURI = uri
	return proxy
}

func (p *Platform) portalEnvironment() []string {
	return append([]string{"ECHOBLOGS_DATABASE_URI=" + p.Database.PortalURI}, p.PortalEnvironment...)
}

// RunPlugin runs "kubectl echoblogs" as the administrator, as RunPortal does.
func (p *Platform) RunPlugin(ctx context.Context, arguments ...string) (string, error) {
	return p.run(ctx, "kubectl-echoblogs", nil, append(arguments, "--kubeconfig="+p.installation.kubeconfig(), "--namespace="+p.Namespace)...)
}

// RunPluginOutside runs "kubectl echoblogs" as RunPlugin does, for someone with the rights of the public site's ServiceAccount, who
// may read no Secret and does not reach the database.
func (p *Platform) RunPluginOutside(ctx context.Context, environment []string, arguments ...string) (string, error) {
	return p.run(ctx, "kubectl-echoblogs", environment, append(arguments, "--kubeconfig="+p.portalKubeconfig, "--namespace="+p.Namespace)...)
}

// OperatorCommand returns the operator's program, and the flag with which its commands act as its ServiceAccount.
func (p *Platform) OperatorCommand() (program, flag string) {
	return filepath.Join(p.installation.programs(), "operator"), "--kubeconfig=" + p.kubeconfig
}

// run runs a program until it ends.
func (p *Platform) run(ctx context.Context, name string, environment []string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	program := exec.CommandContext(ctx, cmp.Or(p.Programs[name], filepath.Join(p.installation.programs(), name)), arguments...)
	program.Env = append(os.Environ(), environment...)
	printed, err := program.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%s %s: %s", name, strings.Join(arguments, " "), exit.Stderr)
	}
	return string(printed), err
}

// Healthy is the output of the doctor when it finds no problem.
const Healthy = "No problems found.\n"

// Doctor runs "kubectl echoblogs doctor", and returns its output and exit status. It returns an error if the doctor could
// not complete its checks.
func (p *Platform) Doctor(ctx context.Context) (output string, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	doctor := exec.CommandContext(ctx, filepath.Join(p.installation.programs(), "kubectl-echoblogs"),
		"doctor", "--kubeconfig="+p.installation.kubeconfig(), "--namespace="+p.Namespace)
	printed, err := doctor.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(printed) > 0 {
		return string(printed), exit.ExitCode(), nil
	}
	if exit != nil {
		err = fmt.Errorf("run the doctor: %s", exit.Stderr)
	}
	return string(printed), 0, err
}
