package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func withSchema(name string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.SchemaName = name }
}

func TestAdoptionNeedsPlatformAndAnnotation(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.Exec(`CREATE SCHEMA legacy; CREATE TABLE legacy.customers (id int)`)
	p.CreateTenant("alice", withSchema("legacy"))
	p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaExists)

	p.EditTenant("alice", operatortest.Annotate(v1alpha1.AnnotationAdoptSchema, "0"))
	p.Wait("the condition asks for a change of the Platform", func(context.Context) error {
		stalled := p.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonAdoptionRefused)
		return operatortest.WantText(stalled.Status.Conditions, "List the schema in the Platform's spec.database.adoptableSchemas")
	})
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Database.AdoptableSchemas = []string{"legacy"} })
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WantBlog("alice.example.com", http.StatusOK, operatortest.Title("alice"))
	if n := query[int](p, `SELECT count(*) FROM pg_tables WHERE schemaname = 'legacy' AND tablename IN ('customers', 'posts')`); n != 2 {
		t.Errorf("the adopted schema has %d of two tables, want its own and ours", n)
	}
}

func TestCustomDomainUnderThePlatformIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.CreateTenant("alice", func(t *v1alpha1.Tenant) {
		t.Spec.CustomDomains = []v1alpha1.CustomDomain{"bob.example.com", "www.alice.org"}
	})
	refused := p.WaitCondition("alice", v1alpha1.ConditionDomainsReady, metav1.ConditionFalse, v1alpha1.ReasonCustomDomainRefused)
	if err := operatortest.WantText(refused.Status.Conditions, `"bob.example.com"`); err != nil {
		t.Error(err)
	}
	for _, host := range []string{"alice.example.com", "www.alice.org"} {
		p.WaitBlog(host, http.StatusOK, operatortest.Title("alice"))
	}
	p.WantBlog("bob.example.com", http.StatusNotFound, operatortest.NoBlog)
	p.ReadyTenant("bob")
	p.WantBlog("bob.example.com", http.StatusOK, operatortest.Title("bob"))
}

// A tenant's posts are never shown under another tenant's host.
func TestTwoTenantsAreNeverMixed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, name := range []string{"alice", "bob"} {
		p.ReadyTenant(name, func(t *v1alpha1.Tenant) {
			t.Spec.CustomDomains = []v1alpha1.CustomDomain{v1alpha1.CustomDomain("www." + name + ".org")}
		})
		p.WritePost(name, "Secret of "+name)
	}
	for name, other := range map[string]string{"alice": "bob", "bob": "alice"} {
		for _, host := range []string{name + ".example.com", "www." + name + ".org"} {
			for _, path := range []string{"/", "/a-post/", "/feed.xml"} {
				page := p.Blog.Get(host, path)
				if page.Status != http.StatusOK || !contains(page.Body, "Secret of "+name) || contains(page.Body, "Secret of "+other) {
					t.Errorf("%s%s answers %d:\n%s", host, path, page.Status, page.Body)
				}
			}
		}
	}
}

// The API server rejects events with notes of more than 1,024 bytes.
func TestEventOfManyRefusedDomains(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) {
		for i := range 20 {
			t.Spec.CustomDomains = append(t.Spec.CustomDomains, v1alpha1.CustomDomain(fmt.Sprintf("%s-%d.example.com", strings.Repeat("long", 14), i)))
		}
	})
	p.WaitCondition("alice", v1alpha1.ConditionDomainsReady, metav1.ConditionFalse, v1alpha1.ReasonCustomDomainRefused)
	p.WantEvent("alice", v1alpha1.ReasonCustomDomainRefused)
	if notes := p.Notes("alice", v1alpha1.ReasonCustomDomainRefused); !strings.HasSuffix(notes[0], "…") {
		t.Errorf("the note is %q", notes[0])
	}
}
