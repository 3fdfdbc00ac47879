package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	blogapp "github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// withAnotherMigration returns the blog with one more migration, as the next version of the operator has it.
func withAnotherMigration() application.Application {
	next := blogapp.Application
	version := fmt.Sprintf("%04d", len(next.Migrations)+1)
	next.Migrations = append(slices.Clone(next.Migrations), application.Migration{
		Version: version, Name: version + "_add_language.sql", SQL: "ALTER TABLE posts ADD COLUMN language text;", Checksum: "of-a-test",
	})
	return next
}

// A session that reads for long, as a backup does, keeps a table from being altered. That tenant waits, the others go
// on, and its readers read.
func TestMigrationWaitsForALock(t *testing.T) {
	t.Parallel()
	p := newNamespace(t, inEarnest)
	stop := p.startOperator(nil)
	p.createPlatform()
	names := []string{"alice", "bob", "carol"}
	for _, name := range names {
		p.ReadyTenant(name)
	}
	p.writePost("alice", "What was written before")
	stop()

	backup, err := p.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Rollback(t.Context()) //nolint:errcheck // when the test has failed
	if _, err := backup.Exec(t.Context(), `LOCK TABLE alice.posts IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	p.application = withAnotherMigration()
	latest := p.application.Latest()
	p.startOperator(nil)

	waiting := p.WaitCondition("alice", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonMigrationFailed)
	for _, text := range []string{"The migrations to version 0002 failed and were rolled back. Another session holds a lock."} {
		if err := wantText(waiting.Status.Conditions, text); err != nil {
			t.Error(err)
		}
	}
	if phase := waiting.Status.Phase; phase != v1alpha1.TenantActive {
		t.Errorf("phase %s of a Tenant that is served", phase)
	}
	p.wantEvent("alice", v1alpha1.ReasonMigrationFailed)
	for _, name := range []string{"bob", "carol"} {
		p.waitVersion(name, latest)
	}
	// Readers wait behind the migration for as long as it waits for the lock, and no longer.
	const attempt = "pg_advisory_xact_lock(hashtextextended('echoblogs:schema:' || $1, 0))[alice]"
	for before := len(p.queries.with(attempt)); len(p.queries.with(attempt)) < before+3; {
		p.blog.want(t, "alice.example.com", http.StatusOK, "What was written before")
	}

	if err := backup.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	released := time.Now()
	p.waitVersion("alice", latest)
	t.Logf("alice was migrated %.1f s after the lock was released", time.Since(released).Seconds())
	p.wantEvent("alice", v1alpha1.ReasonSchemaMigrated)
	p.waitBlog("alice.example.com", http.StatusOK, "What was written before")
	p.wantNoLeaks()
}

// waitVersion waits until a Tenant is Ready with a schema at a version.
func (p *platform) waitVersion(name string, version string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("%s is at version %s", name, version), func(context.Context) error {
		tenant := p.Tenant(name)
		if err := platformtest.HasCondition(tenant.Status.Conditions, tenant.Generation, v1alpha1.ConditionReady, metav1.ConditionTrue, ""); err != nil {
			return err
		}
		if tenant.Status.SchemaVersion != version {
			return fmt.Errorf("it is at %s", tenant.Status.SchemaVersion)
		}
		return nil
	})
}
