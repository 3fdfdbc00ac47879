//go:build e2e

package e2e_test

import (
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

// gitPort is where pods reach the Git server, at the name of the host.
const gitPort = "3000"

// gitRepository is a Git repository that a server of the test offers to pods.
type gitRepository struct {
	t *testing.T
	// url is that for pods.
	url string
	// folder is the work tree.
	folder string
}

// newRepository creates a repository with the files of a folder as its first commit, on the branch main.
func (p *product) newRepository(from string) *gitRepository {
	p.t.Helper()
	bare := filepath.Join(p.t.TempDir(), "blogs.git")
	r := &gitRepository{t: p.t, url: "http://" + node.HostName + ":" + gitPort + "/blogs.git", folder: filepath.Join(p.t.TempDir(), "blogs")}
	if err := os.CopyFS(r.folder, os.DirFS(from)); err != nil {
		p.t.Fatalf("copy the files of the repository: %v", err)
	}
	r.git("init", "--quiet", "--bare", "--initial-branch=main", bare)
	r.git("init", "--quiet", "--initial-branch=main")
	r.git("remote", "add", "origin", bare)

	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(r.git("--exec-path"), "git-http-backend"), Root: "/",
		Env: append([]string{"GIT_PROJECT_ROOT=" + filepath.Dir(bare), "GIT_HTTP_EXPORT_ALL=1"}, gitEnvironment...),
	})
	p.t.Cleanup(server.Close)
	if err := p.Expose(p.t.Context(), gitPort, server.Listener.Addr().String()); err != nil {
		p.t.Fatalf("expose the Git server: %v", err)
	}
	return r
}

// gitEnvironment makes Git independent of this machine's settings.
var gitEnvironment = []string{
	"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
	"GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.org", "GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.org",
}

// git runs a command of Git in the work tree.
func (r *gitRepository) git(arguments ...string) string {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "git", arguments...)
	command.Dir = r.folder
	command.Env = append(os.Environ(), gitEnvironment...)
	output, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// write writes a file.
func (r *gitRepository) write(file, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, file), []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// replace replaces a text in a file.
func (r *gitRepository) replace(file, old, replacement string) {
	r.t.Helper()
	content := read(r.t, filepath.Join(r.folder, file))
	if !strings.Contains(content, old) {
		r.t.Fatalf("%s lacks %q:\n%s", file, old, content)
	}
	r.write(file, strings.Replace(content, old, replacement, 1))
}

// remove removes files.
func (r *gitRepository) remove(files ...string) {
	r.t.Helper()
	r.git(append([]string{"rm", "--quiet"}, files...)...)
}

// push commits everything, pushes it, and returns the ID of the commit.
func (r *gitRepository) push(message string) string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message="+message)
	r.git("push", "--quiet", "--set-upstream", "origin", "main")
	return r.git("rev-parse", "HEAD")
}
