//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// nextVersion is that of a release after this one, with one more migration of the public schema and one of each tenant's, and
// nextField is what the spec of its Tenants has in addition.
const nextVersion, nextField = "99.0.0-next", "nextVersion"

// nextMigrations are what that release adds, by the folders of the migrations.
var nextMigrations = map[string]string{
	"internal/tenancy/migrations":          "CREATE TABLE public.next_version (id bigint PRIMARY KEY);\n",
	"internal/application/blog/migrations": "ALTER TABLE posts ADD COLUMN next_version bigint;\n",
}

// testUpgrade upgrades to a later release as the docs say, while people read, write and sign up. Afterwards, it returns blog and
// public site to the former release, and upgrades them again, until people have read enough.
func (p *product) testUpgrade() {
	next := p.nextRelease()
	p.buildImages(next, nextVersion)
	p.chart = filepath.Join(next, "charts", "echoblogs")
	former := p.kubectl("get", "tenant/t0", "--output=jsonpath={.status.schemaVersion}")
	p.useWhile("upgrade", func(enough func() bool) {
		began := time.Now()
		p.upgrade("--set=image.tag="+nextVersion, "--set=blog.image.tag=dev", "--set=portal.image.tag=dev")
		p.wait("all Tenants have the next version", func(context.Context) error {
			versions := p.kubectl("get", "tenants", "--output=jsonpath={range .items[*]}{.status.schemaVersion}{\"\\n\"}{end}")
			for version := range strings.Lines(versions) {
				if strings.TrimSpace(version) <= former {
					return fmt.Errorf("a Tenant has the version %s", version)
				}
			}
			return nil
		})
		p.t.Logf("all Tenants were migrated %.1f s after the upgrade began", time.Since(began).Seconds())
		p.upgrade("--set=blog.image.tag="+nextVersion, "--set=portal.image.tag="+nextVersion)
		p.t.Logf("the upgrade took %.1f s", time.Since(began).Seconds())
		rollbacks := 0
		for ; !enough(); rollbacks++ {
			p.upgrade("--set=blog.image.tag=dev", "--set=portal.image.tag=dev")
			p.upgrade("--set=blog.image.tag="+nextVersion, "--set=portal.image.tag="+nextVersion)
		}
		p.t.Logf("blog and public site were rolled back and upgraded again %d times", rollbacks)
	})
	p.waitReady()
	p.expectNext()
	if got := p.kubectl("exec", "deployment/echoblogs-blog", "--", "/blog", "version"); !strings.Contains(got, nextVersion) {
		p.t.Errorf("the blog says that its version is %q", got)
	}
}

// expectNext fails the test unless the upgrade has changed the CRD of Tenants, which Helm does not, and the public schema.
func (p *product) expectNext() {
	p.t.Helper()
	if got := p.kubectl("get", "crd/tenants.tenancy.echoblogs.io",
		"--output=jsonpath={.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties."+nextField+".type}"); got != "string" {
		p.t.Errorf("the type of spec.%s is %q in the CRD", nextField, got)
	}
	db, err := pgx.Connect(p.t.Context(), p.inDatabase(p.Postgres.URI))
	if err != nil {
		p.t.Fatalf("connect to the database: %v", err)
	}
	defer db.Close(p.t.Context())
	var migrated bool
	if err := db.QueryRow(p.t.Context(), `SELECT to_regclass('public.next_version') IS NOT NULL`).Scan(&migrated); err != nil {
		p.t.Fatalf("look for the table of the public migration: %v", err)
	}
	if !migrated {
		p.t.Error("the public schema was not migrated")
	}
}

// testRestart restarts every Deployment while people read, write and sign up, until people have read enough.
func (p *product) testRestart() {
	p.useWhile("restart", func(enough func() bool) {
		restarts := 0
		for ; !enough(); restarts++ {
			for _, deployment := range []string{"deployment/echoblogs-blog", "deployment/echoblogs-portal", "deployment/echoblogs-operator"} {
				p.kubectl("rollout", "restart", deployment)
				p.kubectl("rollout", "status", deployment, "--timeout=120s")
			}
		}
		p.t.Logf("every Deployment was restarted %d times", restarts)
	})
}

// nextRelease returns a folder with the source of the later release.
func (p *product) nextRelease() string {
	p.t.Helper()
	root, err := repository.Root()
	if err != nil {
		p.t.Fatal(err)
	}
	list := exec.CommandContext(p.t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	output, err := list.Output()
	if err != nil {
		p.t.Fatalf("list the source files: %v", err)
	}
	files := make(map[string][]byte)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(output), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			p.t.Fatalf("read the source: %v", err)
		}
		files[name] = content
	}
	to := filepath.Join(p.folder, "next")
	for folder, statement := range nextMigrations {
		migrations, err := filepath.Glob(filepath.Join(root, folder, "*.sql"))
		if err != nil {
			p.t.Fatalf("list the migrations: %v", err)
		}
		files[filepath.Join(folder, fmt.Sprintf("%04d_next.sql", len(migrations)+1))] = []byte(statement)
	}
	const crd, before = "charts/echoblogs/crds/tenancy.echoblogs.io_tenants.yaml", "\n              displayName:\n"
	files[crd] = bytes.Replace(files[crd], []byte(before), []byte("\n              "+nextField+": {type: string}"+before), 1)
	for name, content := range files {
		file := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			p.t.Fatalf("copy the source: %v", err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			p.t.Fatalf("copy the source: %v", err)
		}
	}
	return to
}
