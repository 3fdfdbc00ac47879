package outage_test

import (
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// Behind PgBouncer in transaction mode, each transaction may use another session. The whole life of a Tenant works
// through it. Only the blog's connection for notifications bypasses it.
func TestLifeBehindPgBouncer(t *testing.T) {
	t.Parallel()
	var bouncer *postgrestest.Bouncer
	p := newNamespace(t, inEarnest, func(p *operatortest.Platform) {
		p.Database = postgrestest.New(t)
		bouncer = postgrestest.NewBouncer(t, p.Database)
		p.Reach = bouncer.URI
	})
	p.Start()
	for _, name := range []string{"alice", "bob"} {
		p.ReadyTenant(name, func(t *v1alpha1.Tenant) {
			t.Spec.CustomDomains = []v1alpha1.CustomDomain{v1alpha1.CustomDomain("www." + name + ".org")}
		})
		p.WritePost(name, "Words of "+name)
	}
	for name, other := range map[string]string{"alice": "bob", "bob": "alice"} {
		for _, host := range []string{name + ".example.com", "www." + name + ".org"} {
			for _, path := range []string{"/", "/a-post/", "/feed.xml"} {
				page := p.Blog.Get(host, path)
				if page.Status != http.StatusOK || !contains(page.Body, "Words of "+name) || contains(page.Body, "Words of "+other) {
					t.Errorf("%s%s answers %d:\n%s", host, path, page.Status, page.Body)
				}
			}
		}
	}
	const title = "Alice behind the bouncer"
	p.EditTenant("alice", rename(title))
	p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title(title))
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	p.WaitBlog("alice.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle(title))
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Spec.Suspended = nil })
	p.WaitBlog("alice.example.com", http.StatusOK, "")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")

	p.DeleteTenants("alice")
	p.WaitBlog("alice.example.com", http.StatusNotFound, operatortest.NoBlog)
	p.ReadyTenant("alice", p.Restoring("alice"))
	p.WaitBlog("alice.example.com", http.StatusOK, "Words of alice")
	p.EditTenant("bob", operatortest.Deleting)
	p.DeleteTenants("bob")
	if query[int](p, operatortest.SchemaCount, "bob") != 0 {
		t.Error("the schema of bob is still there")
	}
	p.PassMinute()
	p.WaitReady()

	if listening := p.serverConnections()["echoblogs-blog-listen"]; listening != 1 {
		t.Errorf("%d connections listen, want one", listening)
	}
	bouncer.Stop() // proves that everything used it
	p.EditTenant("alice", rename("Alice without the bouncer"))
	p.waitUnavailable("alice", "Nothing answers at the address of the database.")
	p.want503("alice.example.com")
}
