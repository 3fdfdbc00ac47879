package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/docpage"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
)

// A demo takes about twenty seconds to start, so one test covers its whole life: up, up again, a second demo on the same
// port, a kill, a run in the foreground, and the removal of its data.
func TestDemo(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	said := d.must("up")
	for _, want := range []string{
		"  http://alice.localhost:" + d.port + "/\n",
		"  log in      as alice, who owns the blog alice, or as jane, who is staff, with the password in " + d.state + "/password\n", "  kubeconfig  " + d.state + "/kubeconfig ", "  kubectl     " + d.state + "/bin/kubectl\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the output of up lacks %q:\n%s", want, said)
		}
	}
	d.wantPosts()
	d.wantAccounts()
	d.wantCommands()
	d.wantReadme()
	d.register()

	if said := d.must("up"); !strings.Contains(said, "The demo is already running.\n") || !strings.Contains(said, "  http://alice.localhost:"+d.port+"/\n") {
		t.Errorf("a second up prints:\n%s\nwant that the demo is already running, and its addresses", said)
	}
	other := *d
	other.state = filepath.Join(t.TempDir(), "other")
	said, err := other.run("up")
	if err == nil || !strings.Contains(said, "The demo: port "+d.port+" is in use: choose another, such as PORT=") {
		t.Errorf("a second demo on the same port: %v:\n%s\nwant that the port is in use", err, said)
	}
	if left := other.processes(); len(left) > 0 {
		t.Errorf("although its port is in use, the second demo started %v", left)
	}

	d.kill(syscall.SIGKILL)
	d.waitUntilGone()

	foreground := d.command("run")
	if err := foreground.Start(); err != nil {
		t.Fatalf("start the demo in the foreground: %v", err)
	}
	d.waitUntilReady(foreground.Process.Pid)
	d.wantPosts()
	d.kill(syscall.SIGINT) // Ctrl-C
	if err := foreground.Wait(); err != nil {
		t.Errorf("after Ctrl-C the demo ended with %v", err)
	}
	if left := d.processes(); len(left) > 0 {
		t.Errorf("after Ctrl-C these processes are left: %v", left)
	}

	d.must("down", "--clean")
	if _, err := os.Stat(d.state); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after down --clean the state folder still exists: %v", err)
	}
}

// demo runs the program behind make demo.
type demo struct {
	t             *testing.T
	program, root string
	state, port   string
}

func newDemo(t *testing.T) *demo {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatalf("find the repository: %v", err)
	}
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	d := &demo{
		t:       t,
		program: filepath.Join(t.TempDir(), "dev"),
		root:    root,
		state:   filepath.Join(reachableFolder(t), "state"),
		port:    strconv.Itoa(ports[0]),
	}
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", d.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the demo: %v\n%s", err, output)
	}
	t.Cleanup(func() {
		if _, err := d.run("down", "--clean"); err != nil {
			t.Errorf("down: %v", err)
		}
	})
	return d
}

// reachableFolder returns a temporary folder that every user can enter, unlike t.TempDir: as root, PostgreSQL runs as
// another user.
func reachableFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "echoblogs-demo-test-") //nolint:usetesting // every user must be able to enter it
	if err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatalf("change the mode of the folder: %v", err)
	}
	return folder
}

func (d *demo) command(name string, flags ...string) *exec.Cmd {
	arguments := append([]string{name, "--state=" + d.state}, flags...)
	if name != "down" {
		arguments = append(arguments, "--port="+d.port)
	}
	command := exec.CommandContext(context.Background(), d.program, arguments...)
	command.Dir = d.root
	return command
}

func (d *demo) run(name string, flags ...string) (output string, err error) {
	d.t.Helper()
	combined, err := d.command(name, flags...).CombinedOutput()
	return string(combined), err
}

func (d *demo) must(name string, flags ...string) string {
	d.t.Helper()
	output, err := d.run(name, flags...)
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", name, err, output)
	}
	return output
}

// wantPosts checks that the blog of each sample Tenant lists its own posts once, and not those of the other.
func (d *demo) wantPosts() {
	d.t.Helper()
	const alices, bobs = "What the first frost taught me", "One query too many"
	for host, want := range map[string]struct{ own, others string }{
		"alice.localhost": {own: alices, others: bobs},
		"bob.localhost":   {own: bobs, others: alices},
	} {
		page := d.get(host)
		if count := strings.Count(page, ">"+want.own+"<"); count != 1 {
			d.t.Errorf("%s lists %q %d times, want once:\n%s", host, want.own, count, page)
		}
		if strings.Contains(page, want.others) {
			d.t.Errorf("%s shows %q, a post of the other blog", host, want.others)
		}
	}
}

// register signs up at the public site, and checks that no log contains the secrets.
func (d *demo) register() {
	d.t.Helper()
	const password = "nobody reads this anywhere"
	site := "http://127.0.0.1:" + d.port
	visitor := d.visitor()
	form := url.Values{"username": {"dora"}, "email": {"dora@example.org"}, "password": {password}, "confirm_password": {password}}
	if landing, err := visitor.Get(site + "/"); err != nil || landing.Request.URL.Host != "localhost:"+d.port {
		d.t.Fatalf("%s does not lead to the public site: %v, %v", site, landing, err)
	}
	home, err := visitor.PostForm("http://localhost:"+d.port+"/register/", form)
	if err != nil {
		d.t.Fatalf("sign up: %v", err)
	}
	defer home.Body.Close()
	body, err := io.ReadAll(io.LimitReader(home.Body, 1<<20))
	if err != nil || !strings.Contains(string(body), "http://dora.localhost:"+d.port) {
		d.t.Fatalf("the home page does not link to the blog: %v\n%s", err, body)
	}
	secrets := []string{password}
	for _, cookie := range visitor.Jar.Cookies(home.Request.URL) {
		secrets = append(secrets, cookie.Value)
	}
	if len(secrets) < 2 {
		d.t.Error("there is no session cookie after the sign-up")
	}
	logs, err := filepath.Glob(filepath.Join(d.state, "logs", "*.log"))
	if err != nil || len(logs) == 0 {
		d.t.Fatalf("there are no logs: %v", err)
	}
	for _, log := range logs {
		content, err := os.ReadFile(log)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, secret := range secrets {
			if strings.Contains(string(content), secret) {
				d.t.Errorf("%s contains the secret %q", filepath.Base(log), secret)
			}
		}
	}
}

// visitor returns a browser that is not logged in.
func (d *demo) visitor() *http.Client {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	// Like browsers, which resolve names under localhost to loopback.
	return &http.Client{Jar: jar, Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+d.port)
	}}}
}

// wantCommands runs the commands of administrators as users of the demo do, after the exports that up prints.
func (d *demo) wantCommands() {
	d.t.Helper()
	for line, want := range map[string]string{
		"kubectl echoblogs staff add --username jim --email jim@example.com":            "http://localhost:" + d.port + "/reset/password/?token=",
		"portal staff add --username=ann --email=ann@example.com --namespace=echoblogs": "http://localhost:" + d.port + "/reset/password/?token=",
		"kubectl echoblogs invite alice || true":                                        "the owner alice already has an account: they can reset a forgotten password at http://localhost:" + d.port + "/reset/",
		"kubectl echoblogs doctor":                                                      "No problems found.",
		"printf '# Title\\n' | kubectl echoblogs post bob -":                            "http://bob.localhost:" + d.port + "/title/",
		"printf '# Frame\\n\\n<iframe>\\n' | kubectl echoblogs post bob -":              "Line 1 of the text: <iframe> is removed",
	} {
		shell := exec.CommandContext(d.t.Context(), "sh", "-c", line)
		shell.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(d.state, "kubeconfig"), "PATH="+filepath.Join(d.state, "bin")+":"+os.Getenv("PATH"))
		printed, err := shell.CombinedOutput()
		if err != nil || !strings.Contains(string(printed), want) {
			d.t.Errorf("%s: %v; it printed %q, want %q", line, err, printed, want)
		}
	}
}

// wantReadme runs the commands of the README, which are for a demo in the folder of the repository.
func (d *demo) wantReadme() {
	d.t.Helper()
	commands := docpage.Commands(d.t, "../README.md", "A first blog", 0) + docpage.Commands(d.t, "../README.md", "A first blog", 1)
	shell := exec.CommandContext(d.t.Context(), "sh", "-euc", strings.ReplaceAll(commands, "$PWD/.demo", d.state))
	printed, err := shell.CombinedOutput()
	if want := "http://carol.localhost:" + d.port + "/first-bread/"; err != nil || !strings.Contains(string(printed), want) {
		d.t.Errorf("the commands of the README: %v; they printed %q, want %q", err, printed, want)
	}
}

// wantAccounts logs in as the owner of a blog and as a member of staff, with the password that the demo has made.
func (d *demo) wantAccounts() {
	d.t.Helper()
	password, err := os.ReadFile(filepath.Join(d.state, "password"))
	if err != nil {
		d.t.Fatal(err)
	}
	for name, page := range map[string]struct{ path, text string }{
		"alice": {"/account/", "Alice&#39;s garden notes"},
		"jane":  {"/staff/", "alice"},
	} {
		visitor, site := d.visitor(), "http://localhost:"+d.port
		response, err := visitor.PostForm(site+"/login/", url.Values{"username": {name}, "password": {strings.TrimSpace(string(password))}})
		if err != nil {
			d.t.Fatalf("log in as %s: %v", name, err)
		}
		response.Body.Close()
		response, err = visitor.Get(site + page.path)
		if err != nil {
			d.t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err != nil || response.StatusCode != http.StatusOK || response.Request.URL.Path != page.path || !strings.Contains(string(body), page.text) {
			d.t.Errorf("%s gets %s with the status %d, want %s with %q: %v\n%s", name, response.Request.URL, response.StatusCode, page.path, page.text, err, body)
		}
	}
}

func (d *demo) get(host string) string {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://127.0.0.1:"+d.port+"/", nil)
	if err != nil {
		d.t.Fatalf("get %s: %v", host, err)
	}
	request.Host = host + ":" + d.port
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatalf("get %s: %v", host, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		d.t.Fatalf("%s answers %s, %v:\n%s", host, response.Status, err, body)
	}
	return string(body)
}

// kill signals the process that runs the demo.
func (d *demo) kill(signal syscall.Signal) {
	d.t.Helper()
	if err := syscall.Kill(d.pid(), signal); err != nil {
		d.t.Fatalf("signal the demo: %v", err)
	}
}

// pid returns the process that runs the demo, or 0.
func (d *demo) pid() int {
	d.t.Helper()
	file, err := os.Open(filepath.Join(d.state, "lock"))
	if err != nil {
		d.t.Fatalf("find the demo's process: %v", err)
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		d.t.Fatalf("find the demo's process: %v", err)
	}
	return int(lock.Pid)
}

// waitUntilReady waits for the demo that a process runs.
func (d *demo) waitUntilReady(pid int) {
	d.t.Helper()
	d.wait("the demo is ready", func() error {
		if runs := d.pid(); runs != pid {
			return fmt.Errorf("process %d runs the demo, want %d", runs, pid)
		}
		_, err := os.Stat(filepath.Join(d.state, "ready"))
		return err
	})
}

func (d *demo) waitUntilGone() {
	d.t.Helper()
	d.wait("all processes of the demo have ended", func() error {
		if left := d.processes(); len(left) > 0 {
			return fmt.Errorf("these are left: %v", left)
		}
		return nil
	})
}

func (d *demo) wait(what string, check func() error) {
	d.t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			d.t.Fatalf("wait until %s: %v", what, err)
		case <-tick.C:
		}
	}
}

// processes returns the command lines that contain the demo's state folder.
func (d *demo) processes() []string {
	d.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		d.t.Fatalf("list processes: %v", err)
	}
	var found []string
	for _, file := range files {
		command, err := os.ReadFile(file)
		if err == nil && bytes.Contains(command, []byte(d.state)) {
			found = append(found, string(bytes.ReplaceAll(command, []byte{0}, []byte(" "))))
		}
	}
	return found
}
