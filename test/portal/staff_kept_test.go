package portal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/stack"
)

const addPost = `INSERT INTO alice.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
	VALUES ('kept', 'The post that was kept', 'alice', '', '', '', now(), now(), now())`

// waitPage waits until a page says every one of the texts.
func waitPage(p *stack.Platform, v *visitor, path string, texts ...string) {
	v.t.Helper()
	p.Wait(path+" says "+strings.Join(texts, ", "), func(context.Context) error {
		shown := v.get(path)
		for _, text := range texts {
			if !strings.Contains(shown.Body, text) {
				return errNotYet
			}
		}
		return nil
	})
}

func TestStaffDeletesAndRestores(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice", func(tenant *v1alpha1.Tenant) {
		tenant.Spec.DisplayName = "Wonderland"
		tenant.Spec.Domain = stack.OtherDomain
		tenant.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.alice.org"}
	})
	p.Exec(addPost)
	v := newStaff(t, p, site)
	v.get("/staff/tombstones/").want(t, http.StatusOK, "No deleted blog like that is kept.")

	v.get("/staff/tenants/alice/").want(t, http.StatusOK, "its data is kept until", "portal.test has set something of it")
	v.submit("/staff/tenants/alice/delete/", "confirm", "alice").want(t, http.StatusOK, "The blog is deleted.", "<h1>Deleted blogs</h1>")
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	waitStatus(t, p, "www.alice.org", http.StatusNotFound)
	v.get("/staff/tombstones/?q=ali").want(t, http.StatusOK, "<td>alice</td>", "deleted_", `href="/staff/users/alice/"`, "kB</td>", `aria-label="Restore alice"`)
	v.get("/staff/tombstones/?q=bob").want(t, http.StatusOK, "No deleted blog like that is kept.")

	v.submit("/staff/tombstones/alice/restore/").want(t, http.StatusOK, "The blog is made again", "<h1>alice</h1>", "delete</td>", "its data is kept until", "restore</td>")
	awaitReady(t, p, "alice")
	restored := readTenant(t, p, "alice").Spec
	if restored.DisplayName != "Wonderland" || restored.Owner == nil || restored.Owner.Email != "alice@example.org" || restored.Domain != stack.OtherDomain {
		t.Errorf("the Tenant came back as %+v", restored)
	}
	for _, host := range []string{"alice." + stack.OtherDomain, "www.alice.org"} {
		waitStatus(t, p, host, http.StatusOK)
		answer, err := stack.Get(t.Context(), p.Blogs[0], host, "/")
		if err != nil || !strings.Contains(answer.Body, "The post that was kept") {
			t.Errorf("%s says, error %v: %s", host, err, answer.Body)
		}
	}
	logIn(t, site, "alice", secret)
	v.submit("/staff/tombstones/alice/restore/").want(t, http.StatusNotFound, "Nothing is kept under this name")
}

// A schema with a name of its own is for administrators, and a Tenant that waits is not made twice.
func TestStaffCannotRestore(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addTenant(t, p, "alice", v1alpha1.TenantSpec{SchemaName: "wonderland", Owner: &v1alpha1.TenantOwner{Username: "alice"}})
	addTenant(t, p, "bob", v1alpha1.TenantSpec{})
	awaitReady(t, p, "alice", "bob")
	v := newStaff(t, p, site)
	for _, name := range []string{"alice", "bob"} {
		v.submit("/staff/tenants/"+name+"/delete/", "confirm", name).want(t, http.StatusOK)
		if err := p.AwaitGone(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	v.get("/staff/tombstones/").want(t, http.StatusOK, "An administrator restores it", "schemaName: &#34;wonderland&#34;", "on-tombstone: Restore", "owner: {username: &#34;alice&#34;}").
		without(t, "Restore alice")
	v.submit("/staff/tombstones/alice/restore/").want(t, http.StatusUnprocessableEntity, "This cannot be restored here")

	addTenant(t, p, "bob", v1alpha1.TenantSpec{})
	waitPage(p, v, "/staff/tenants/bob/", "TombstoneExists", "What to do: The data of a deleted blog of this name is kept.", "Failed")
	v.submit("/staff/tombstones/bob/restore/").want(t, http.StatusConflict, "annotate tenant bob tenancy.echoblogs.io/on-tombstone=Restore")
}

// A blog that was registered is its owner's and staff's to change, before its deletion and after it was brought back.
func TestStaffAndOwner(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	alice := newVisitor(t, site)
	alice.home(p, alice.register("alice")).want(t, http.StatusOK, "Welcome, alice")
	v := newStaff(t, p, site)
	v.get("/staff/tenants/alice/").want(t, http.StatusOK, "alice@people.example").without(t, "has set it", "has set something")
	alice.submit("/account/alice/name/", "display_name", "Mine").want(t, http.StatusOK, "Saved.")
	v.submit("/staff/tenants/alice/settings/", settings(t, v, "alice", "displayName", "Ours", "trial", "no")...).want(t, http.StatusOK, "Saved.")
	alice.get("/account/alice/").want(t, http.StatusOK, `value="Ours"`)
	awaitReady(t, p, "alice")

	v.submit("/staff/tenants/alice/delete/", "confirm", "alice").want(t, http.StatusOK, "The blog is deleted.")
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	alice.get("/").want(t, http.StatusOK, "A blog of your own") // nobody is logged in without a blog
	alice.submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity, "Your blog alice was deleted.")
	v.submit("/staff/tombstones/alice/restore/").want(t, http.StatusOK, "The blog is made again")
	awaitReady(t, p, "alice")
	alice = logIn(t, site, "alice", secret)
	alice.submit("/account/alice/name/", "display_name", "Mine again").want(t, http.StatusOK, "Saved.")
	v.submit("/staff/tenants/alice/suspend/").want(t, http.StatusOK, "The blog is suspended")
	waitStatus(t, p, "alice."+stack.Domain, http.StatusPaymentRequired)
	if spec := readTenant(t, p, "alice").Spec; spec.DisplayName != "Mine again" || spec.Owner == nil || spec.Owner.Email != "alice@people.example" {
		t.Errorf("the Tenant says %+v", spec)
	}
}
