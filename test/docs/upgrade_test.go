package docs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A version with another migration is installed, and its operator is rolled back, while people read.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	former := blog.Application.Latest()
	latest := fmt.Sprintf("%04d", len(blog.Application.Migrations)+1)
	next := buildNext(t, latest)
	i := newInstallation(t, postgrestest.New(t))
	second := i.StartBlog(1)
	for _, name := range []string{"alice", "bob"} {
		i.ReadyTenant(name)
		i.write(name, "Written before the upgrade")
		i.waitBlog(name, http.StatusOK, "Written before the upgrade")
	}
	stopReading := i.read("alice", "Written before the upgrade")
	wantVersions := func(want string) {
		t.Helper()
		i.Wait("the Tenants have the versions "+want, func(context.Context) error {
			if printed := strings.Join(strings.Fields(i.follow("Upgrade", 1)), " "); printed != want {
				return errors.New(printed)
			}
			return nil
		})
	}
	wantVersions("2 " + former)

	i.writeValues("v2", "v1")
	i.follow("Upgrade", 0)
	i.wantImages("v2", "v1")
	i.operator.Stop()
	i.Programs = map[string]string{"operator": next}
	i.operator = i.StartOperator()
	wantVersions("2 " + latest)
	i.WaitTenantsReady("alice", "bob")
	if n := i.Count(`SELECT count(*) FROM information_schema.columns WHERE table_schema IN ('alice', 'bob', 'public') AND column_name = 'of_a_test'`); n != 3 {
		t.Errorf("%d tables are migrated, want 3", n)
	}

	i.writeValues("v2", "v2")
	i.follow("Upgrade", 0)
	i.wantImages("v2", "v2")
	i.blog.Stop()
	i.blog = i.StartBlog(0)
	second.Stop()
	i.StartBlog(1)
	i.portal.Stop()
	i.portal = i.StartPortal(0)

	i.operator.Stop()
	i.Programs = nil
	i.operator = i.StartOperator()
	i.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DisplayName = "Alice after the rollback" })
	i.WaitTenantsReady("alice")
	i.waitBlog("alice", http.StatusOK, "Alice after the rollback")
	i.ReadyTenant("carol")
	wantVersions("1 " + former + " 2 " + latest)
	stopReading()
}

// buildNext builds an operator that has one more migration of the application, to a version, and one more of the registry.
func buildNext(t *testing.T, version string) (path string) {
	t.Helper()
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path = filepath.Join(folder, "operator")
	replaced := map[string]string{}
	add := func(migrations, version, sql string) {
		t.Helper()
		file := filepath.Join(folder, fmt.Sprintf("%d.sql", len(replaced)))
		replaced[filepath.Join(root, "internal", migrations, "migrations", version+"_of_a_test.sql")] = file
		if err := os.WriteFile(file, []byte(sql), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	add("application/blog", version, `ALTER TABLE posts ADD COLUMN of_a_test text NOT NULL DEFAULT '';`)
	registry, err := filepath.Glob(filepath.Join(root, "internal", "tenancy", "migrations", "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	add("tenancy", fmt.Sprintf("%04d", len(registry)+1), `ALTER TABLE public.tenants ADD COLUMN of_a_test text NOT NULL DEFAULT '';`)
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", path, "./cmd/operator")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the next version: %v\n%s", err, output)
	}
	return path
}

// read reads a home page until the function that it returns is called, which checks that every page had a text.
func (i *installation) read(tenant, text string) (stop func()) {
	ctx, cancel := context.WithCancel(i.t.Context())
	failed := make(chan error, 1)
	go func() {
		var failures []error
		for ctx.Err() == nil {
			if err := i.readOnce(ctx, tenant, text); err != nil && ctx.Err() == nil {
				failures = append(failures, err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
		failed <- errors.Join(failures...)
	}()
	return func() {
		i.t.Helper()
		cancel()
		if err := <-failed; err != nil {
			i.t.Error(err)
		}
	}
}

// readOnce reads a home page from a ready replica, as an ingress controller does. If that stops and refuses the connection, it
// tries the next replica.
func (i *installation) readOnce(ctx context.Context, tenant, text string) error {
	failures := []error{errors.New("no replica is ready")}
	for _, replica := range i.Blogs {
		ready, err := stack.Get(ctx, replica, "", "/readyz")
		if err != nil || ready.Status != http.StatusOK {
			continue
		}
		answer, err := stack.Get(ctx, replica, tenant+"."+stack.Domain, "/")
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			failures = append(failures, err)
		case err == nil && (answer.Status != http.StatusOK || !strings.Contains(answer.Body, text)):
			return fmt.Errorf("%s answers %d:\n%s", replica, answer.Status, answer.Body)
		default:
			return err
		}
	}
	return errors.Join(failures...)
}

func (i *installation) wantImages(operatorTag, otherTag string) {
	i.t.Helper()
	for name, tag := range map[string]string{"echoblogs-operator": operatorTag, "echoblogs-blog": otherTag, "echoblogs-portal": otherTag} {
		var deployment appsv1.Deployment
		if err := i.Client.Get(i.t.Context(), i.Key(name), &deployment); err != nil {
			i.t.Fatal(err)
		}
		if image := deployment.Spec.Template.Spec.Containers[0].Image; image != "registry.example.com/"+name+":"+tag {
			i.t.Errorf("the image of %s is %s, want the tag %s", name, image, tag)
		}
	}
}
