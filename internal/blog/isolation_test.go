package blog_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// metrics returns the figures of the blog by name and labels; of a histogram the count.
func (p *platform) metrics() map[string]float64 {
	p.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, collector := range p.blog.Collectors() {
		registry.MustRegister(collector)
	}
	families, err := registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
			}
			if len(labels) > 0 {
				name += "{" + strings.Join(labels, ",") + "}"
			}
			values[name] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return values
}

// Tenants with posts of the same address are asked for at once, while their rows change.
func TestTenantsAreNeverMixed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	names := []string{"alice", "bob", "carol-1", "carol"}
	for _, name := range names {
		p.create(spec(name))
		p.save(name, post.Document{Title: "Hello from " + name, Slug: "hello", Content: "The words of " + name + "."})
	}
	var group sync.WaitGroup
	for _, name := range names {
		for range 4 {
			group.Go(func() {
				for range 50 {
					for _, path := range []string{"/", "/hello/", "/feed.xml"} {
						page := p.get(name+".example.com", path)
						if page.status != http.StatusOK || page.header.Get("Echoblogs-Tenant") != name ||
							strings.Count(page.body, "The words of ") == 0 || strings.Count(page.body, "The words of ") != strings.Count(page.body, "The words of "+name+".") {
							t.Errorf("%s%s answers %d in the name of %q:\n%s", name, path, page.status, page.header.Get("Echoblogs-Tenant"), page.body)
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
				s := spec(name)
				s.DisplayName = fmt.Sprintf("Title %d of %s", i, name)
				p.update(s, start)
			}
		}
	})
	group.Wait()
}

func TestSchemaOfATenantChanges(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.create(spec("alice"))
	p.save("alice", post.Document{Title: "Title", Content: "Text"})
	p.exec(`ALTER SCHEMA alice RENAME TO "Alice's"`)
	p.get("alice.example.com", "/title/").want(t, http.StatusServiceUnavailable, "alice")
	p.exec(`UPDATE public.tenants SET schema_name = 'Alice''s', updated_at = now() WHERE name = 'alice'`)
	p.waitFor("alice.example.com", "/title/", http.StatusOK)
}

func TestRoleOfTheBlog(t *testing.T) {
	t.Parallel()
	p := newDatabase(t)
	p.create(spec("alice"))
	p.save("alice", post.Document{Title: "Title", Content: "Text"})
	tests := map[string]struct{ statement, want string }{
		"makes a schema":            {"CREATE SCHEMA mine", "permission denied"},
		"makes a table":             {"CREATE TABLE alice.mine (id int)", "permission denied"},
		"makes a public table":      {"CREATE TABLE public.mine (id int)", "permission denied"},
		"changes a table":           {"ALTER TABLE alice.posts ADD COLUMN more int", "must be owner"},
		"drops a table":             {"DROP TABLE alice.posts", "must be owner"},
		"empties a table":           {"TRUNCATE alice.posts", "permission denied"},
		"drops a schema":            {"DROP SCHEMA alice CASCADE", "must be owner"},
		"writes the registry":       {"UPDATE public.tenants SET name = 'x'", "permission denied"},
		"takes a host":              {"INSERT INTO public.domains (host, is_primary) VALUES ('x', false)", "permission denied"},
		"reads without a schema":    {"SELECT title FROM posts", "does not exist"},
		"takes the operator's part": {"SET ROLE echoblogs_operator", "permission denied"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := p.writer.Exec(t.Context(), test.statement)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.statement, err, test.want)
			}
		})
	}
}
