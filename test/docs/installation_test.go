package docs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// replicas is how many replicas each Deployment has.
const replicas = 3

// installation is what the page is about: programs, which run as processes, and their Deployments, which nothing runs.
type installation struct {
	*stack.Platform

	t        testing.TB
	backups  string // the folder that the page calls /backups
	values   string // the file with the values of the chart
	operator *stack.Operator
	blog     *stack.Blog
	portal   *stack.Portal
}

// newInstallation starts the programs. The test is skipped if PostgreSQL comes without its client programs, as from npm.
func newInstallation(t testing.TB, database *postgrestest.Database) *installation {
	t.Helper()
	folder, err := postgresserver.FindBinaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "pg_dump")); err != nil {
		t.Skipf("%s has no client programs of PostgreSQL, such as pg_dump", folder)
	}
	i := &installation{Platform: stack.NewOn(t, database), t: t, backups: newBackups(t), values: filepath.Join(t.TempDir(), "values.yaml")}
	i.writeValues("v1", "v1")
	i.script(`helm install echoblogs "$CHART" --namespace="$NAMESPACE" --values="$VALUES"`)
	i.operator = i.StartOperator()
	i.WaitReady()
	i.blog, i.portal = i.StartBlog(0), i.StartPortal(0)
	return i
}

// writeValues writes the values of the chart. The test has Secrets, Roles and Platform of its own, and no node for jobs.
func (i *installation) writeValues(operatorTag, otherTag string) {
	i.t.Helper()
	content := fmt.Sprintf(`
image: {registry: registry.example.com, tag: %[2]s}
operator: {replicas: %[4]d, image: {tag: %[1]s}}
blog: {replicas: %[4]d}
portal: {replicas: %[4]d}
domain: %[3]s
platform: {create: false}
postgres: {bootstrap: {enabled: false}}
mail: {enabled: false}
crds: {updateJob: false}
rbac: {create: false, aggregate: false}
admissionPolicies: {enabled: false}
`, operatorTag, otherTag, stack.Domain, replicas)
	if err := os.WriteFile(i.values, []byte(content), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

// helm is the folder of Helm, which is built once per machine.
var helm = sync.OnceValues(func() (string, error) {
	root, err := repository.Root()
	if err != nil {
		return "", err
	}
	command := exec.Command("make", "--no-print-directory", "--silent", "helm")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("build Helm: %w", err)
	}
	lines := strings.Fields(string(output))
	return filepath.Dir(lines[len(lines)-1]), nil
})

// newBackups returns a folder that the user of the database server can write, too.
func newBackups(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "echoblogs-test-backups-") //nolint:usetesting // the user of the server cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	user, err := postgresserver.Credential()
	if err != nil {
		t.Fatal(err)
	}
	if user != nil {
		if err := os.Chown(folder, int(user.Uid), int(user.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// script runs commands, which must succeed, and returns their output.
func (i *installation) script(commands string) string {
	i.t.Helper()
	programs, err := helm()
	if err != nil {
		i.t.Fatal(err)
	}
	root, err := repository.Root()
	if err != nil {
		i.t.Fatal(err)
	}
	return i.run(stack.Script{Commands: "PATH=" + programs + ":$PATH\n" + commands, Environment: []string{
		"CHART=" + filepath.Join(root, "charts", "echoblogs"), "VALUES=" + i.values, "VERSION=" + blog.Application.Latest(),
	}})
}

// follow runs the commands of a block below a heading of the page, and returns what they print.
func (i *installation) follow(heading string, index int) string {
	i.t.Helper()
	return i.script(i.content(heading, index))
}

// followAsServer is follow for commands of the user of the database server.
func (i *installation) followAsServer(heading string, index int, environment ...string) {
	i.t.Helper()
	i.run(stack.Script{Commands: i.content(heading, index), Environment: environment, AsServer: true})
}

// content returns a block below a heading of the page.
func (i *installation) content(heading string, index int) string {
	i.t.Helper()
	b, err := takeBlock(backupPage, heading, index)
	if err != nil {
		i.t.Fatal(err)
	}
	return strings.ReplaceAll(b.Content, "/backups", i.backups)
}

func (i *installation) run(script stack.Script) string {
	i.t.Helper()
	printed, err := i.RunScript(i.t.Context(), script)
	if err != nil {
		i.t.Fatalf("%s\n%v", script.Commands, err)
	}
	return printed
}

// stop follows the page, and then does what a kubelet does.
func (i *installation) stop() {
	i.t.Helper()
	i.follow("Stop the programs", 0)
	i.follow("Stop the programs", 1)
	i.wantReplicas(0)
	i.operator.Stop()
	i.blog.Stop()
	i.portal.Stop()
	i.Admin.Reset() // the connections of the test would keep the database in use
}

// start does what a kubelet does, and follows the page, which waits for the programs. It returns what the commands print.
func (i *installation) start() string {
	i.t.Helper()
	i.operator, i.blog, i.portal = i.StartOperator(), i.StartBlog(0), i.StartPortal(0)
	printed := i.follow("Start the programs", 0)
	i.wantReplicas(replicas)
	return printed
}

func (i *installation) wantReplicas(want int32) {
	i.t.Helper()
	for _, name := range []string{"echoblogs-operator", "echoblogs-blog", "echoblogs-portal"} {
		var deployment appsv1.Deployment
		if err := i.Client.Get(i.t.Context(), i.Key(name), &deployment); err != nil {
			i.t.Fatal(err)
		}
		if n := *deployment.Spec.Replicas; n != want {
			i.t.Errorf("the Deployment %s has %d replicas, want %d", name, n, want)
		}
	}
}

// write saves a post in the blog of a Tenant.
func (i *installation) write(tenant, title string) {
	i.t.Helper()
	file := filepath.Join(i.t.TempDir(), "post.md")
	if err := os.WriteFile(file, []byte("# "+title+"\n\nText.\n"), 0o600); err != nil {
		i.t.Fatal(err)
	}
	if _, err := i.RunPlugin(i.t.Context(), "post", tenant, file); err != nil {
		i.t.Fatal(err)
	}
}

// waitBlog waits until the home page of a Tenant has a status, and a text.
func (i *installation) waitBlog(tenant string, status int, text string) {
	i.t.Helper()
	i.Wait(fmt.Sprintf("the blog of %s answers %d with %q", tenant, status, text), func(ctx context.Context) error {
		answer, err := stack.Get(ctx, i.Blogs[0], tenant+"."+stack.Domain, "/")
		if err == nil && (answer.Status != status || !strings.Contains(answer.Body, text)) {
			err = fmt.Errorf("it answers %d:\n%s", answer.Status, answer.Body)
		}
		return err
	})
}

// wantNot checks that the home page of a Tenant is served, and does not have a text.
func (i *installation) wantNot(tenant, text string) {
	i.t.Helper()
	answer, err := stack.Get(i.t.Context(), i.Blogs[0], tenant+"."+stack.Domain, "/")
	if err == nil && (answer.Status != http.StatusOK || strings.Contains(answer.Body, text)) {
		err = errors.New(answer.Body)
	}
	if err != nil {
		i.t.Errorf("the blog of %s: %v", tenant, err)
	}
}
