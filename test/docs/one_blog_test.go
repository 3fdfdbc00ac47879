package docs_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// One blog is restored, whatever has happened to its schema, and another one keeps what was written since.
func TestOneBlogIsRestored(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	for _, name := range []string{"alice", "bob"} {
		i.ReadyTenant(name)
		i.write(name, "Written before the backup")
	}
	i.follow("Back up", 0)
	i.write("bob", "Written since")
	for damage, sql := range map[string]string{
		"posts": `DELETE FROM alice.posts`, "table": `DROP TABLE alice.posts CASCADE`, "schema": `DROP SCHEMA alice CASCADE`,
	} {
		i.Exec(sql)
		if printed, version := i.follow("Restore one blog", 0), blog.Application.Latest(); printed != version+"\n"+version+"\n" {
			t.Errorf("%s: the versions are %q, want %s", damage, printed, version)
		}
		i.follow("Restore one blog", 1)
		i.waitBlog("alice", http.StatusOK, "Written before the backup")
		i.write("alice", "Written after the restoration") // ids continue, slugs are unique
		i.write("alice", "Written after the restoration")
		if n := i.Count(`SELECT count(*) FROM alice.posts`); n != 2 {
			t.Errorf("%s: the blog has %d posts, want 2", damage, n)
		}
	}
	i.waitBlog("bob", http.StatusOK, "Written since")
}

// A blog whose Tenant and tombstone are gone is adopted by a new Tenant.
func TestPurgedBlogIsRestored(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
	i.write("alice", "Written before the backup")
	i.follow("Back up", 0)
	i.DeleteTenants("alice")
	if n := i.Count(`SELECT count(*) FROM pg_namespace WHERE nspname = 'alice'`); n != 0 {
		t.Fatal("the schema has not been dropped")
	}
	i.Exec(`UPDATE public.tenants SET released_at = released_at - interval '1 minute'`) // names are held for a minute
	i.follow("Restore a blog whose data was deleted", 0)
	i.waitBlog("alice", http.StatusOK, "Written before the backup")
	if listed := i.ReadPlatform().Spec.Database.AdoptableSchemas; len(listed) != 0 {
		t.Errorf("the Platform lists %v", listed)
	}
	if printed, status, err := i.Doctor(t.Context()); err != nil || status != 0 {
		t.Errorf("the doctor prints %s, error %v", printed, err)
	}
}
