package outage_test

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
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// withAnotherMigration returns the blog with one more migration, like the next version of the operator.
func withAnotherMigration() application.Application {
	next := blogapp.Application
	version := fmt.Sprintf("%04d", len(next.Migrations)+1)
	next.Migrations = append(slices.Clone(next.Migrations), application.Migration{
		Version: version, Name: version + "_add_mood.sql", Statements: []string{"ALTER TABLE posts ADD COLUMN mood text"}, Checksum: "of-a-test",
	})
	return next
}

// A long-running reader such as a backup blocks the migration of one tenant. The other tenants are migrated, and all
// blogs are served.
func TestMigrationWaitsForALock(t *testing.T) {
	t.Parallel()
	p := newNamespace(t, inEarnest)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	names := []string{"alice", "bob", "carol"}
	for _, name := range names {
		p.ReadyTenant(name)
	}
	p.WritePost("alice", "What was written before")
	stop()

	backup, err := p.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Rollback(t.Context()) //nolint:errcheck // when the test has failed
	if _, err := backup.Exec(t.Context(), `LOCK TABLE alice.posts IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	p.Application = withAnotherMigration()
	latest := p.Application.Latest()
	p.StartOperator(nil)

	waiting := p.WaitCondition("alice", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, v1alpha1.ReasonMigrationFailed)
	for _, text := range []string{"The migrations to version " + latest + " failed at statement 1 of " + latest + "_add_mood.sql, and were rolled back. Another session holds a lock."} {
		if err := operatortest.WantText(waiting.Status.Conditions, text); err != nil {
			t.Error(err)
		}
	}
	if phase := waiting.Status.Phase; phase != v1alpha1.TenantActive {
		t.Errorf("phase %s of a Tenant that is served", phase)
	}
	p.WantEvent("alice", v1alpha1.ReasonMigrationFailed)
	for _, name := range []string{"bob", "carol"} {
		p.WaitVersion(name, latest)
	}
	// Readers queue behind the migration only while it waits for the lock.
	const attempt = "FOR NO KEY UPDATE[alice]"
	before := len(p.Queries.Containing(attempt))
	p.Wait("alice's migration is attempted three more times", func(context.Context) error {
		p.WantBlog("alice.example.com", http.StatusOK, "What was written before")
		if attempts := len(p.Queries.Containing(attempt)) - before; attempts < 3 {
			return fmt.Errorf("it was attempted %d times", attempts)
		}
		return nil
	})

	if err := backup.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	released := time.Now()
	p.WaitVersion("alice", latest)
	t.Logf("alice was migrated %.1f s after the lock was released", time.Since(released).Seconds())
	p.WantEvent("alice", v1alpha1.ReasonSchemaMigrated)
	p.WaitBlog("alice.example.com", http.StatusOK, "What was written before")
	p.wantNoLeaks()
}
