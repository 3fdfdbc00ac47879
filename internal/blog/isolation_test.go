package blog_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Posts of several tenants at the same path are requested concurrently, while the rows of the tenants change.
func TestTenantsAreNeverMixed(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	names := []string{"alice", "bob", "carol-1", "carol"}
	for _, name := range names {
		p.Create(blogtest.Spec(name))
		p.Save(name, post.Document{Title: "Hello from " + name, Slug: "hello", Content: "The words of " + name + "."})
	}
	var group sync.WaitGroup
	for _, name := range names {
		for range 4 {
			group.Go(func() {
				for range 50 {
					for _, path := range []string{"/", "/hello/", "/feed.xml"} {
						page := p.Get(name+".example.com", path)
						if page.Status != http.StatusOK || page.Header.Get("Echoblogs-Tenant") != name ||
							strings.Count(page.Body, "The words of ") == 0 || strings.Count(page.Body, "The words of ") != strings.Count(page.Body, "The words of "+name+".") {
							t.Errorf("%s%s answers %d for tenant %q:\n%s", name, path, page.Status, page.Header.Get("Echoblogs-Tenant"), page.Body)
							return
						}
					}
				}
			})
		}
	}
	group.Go(func() {
		for i := range 30 {
			for _, name := range names {
				s := blogtest.Spec(name)
				s.DisplayName = fmt.Sprintf("Title %d of %s", i, name)
				p.Update(s, blogtest.Start)
			}
		}
	})
	group.Wait()
}

func TestSchemaOfATenantChanges(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	p.Exec(`ALTER SCHEMA alice RENAME TO "Alice's"`)
	p.Get("alice.example.com", "/title/").Want(t, http.StatusServiceUnavailable, "alice")
	p.Exec(`UPDATE public.tenants SET schema_name = 'Alice''s', updated_at = now() WHERE name = 'alice'`)
	p.WaitFor("alice.example.com", "/title/", http.StatusOK)
}

func TestRoleOfTheBlog(t *testing.T) {
	t.Parallel()
	p := blogtest.NewDatabase(t)
	p.Create(blogtest.Spec("alice"))
	p.Save("alice", post.Document{Title: "Title", Content: "Text"})
	tests := map[string]struct{ statement, want string }{
		"creates a schema":       {"CREATE SCHEMA mine", "permission denied"},
		"creates a table":        {"CREATE TABLE alice.mine (id int)", "permission denied"},
		"creates a public table": {"CREATE TABLE public.mine (id int)", "permission denied"},
		"changes a table":        {"ALTER TABLE alice.posts ADD COLUMN more int", "must be owner"},
		"drops a table":          {"DROP TABLE alice.posts", "must be owner"},
		"empties a table":        {"TRUNCATE alice.posts", "permission denied"},
		"drops a schema":         {"DROP SCHEMA alice CASCADE", "must be owner"},
		"writes the registry":    {"UPDATE public.tenants SET name = 'x'", "permission denied"},
		"takes a host":           {"INSERT INTO public.domains (host, is_primary) VALUES ('x', false)", "permission denied"},
		"reads without a schema": {"SELECT title FROM posts", "does not exist"},
		"becomes the operator":   {"SET ROLE echoblogs_operator", "permission denied"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := p.Writer.Exec(t.Context(), test.statement)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.statement, err, test.want)
			}
		})
	}
}
