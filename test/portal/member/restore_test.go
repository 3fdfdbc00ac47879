package member_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/web"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// waitServed waits until a blog answers with a status.
func waitServed(p *stack.Platform, name string, status int) {
	p.Wait(fmt.Sprintf("the blog %s answers %d", name, status), func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], name+"."+stack.Domain, "/")
		if err == nil && answer.Status != status {
			err = fmt.Errorf("it answers %d", answer.Status)
		}
		return err
	})
}

// waitDeleted waits until the pages of the owner of a deleted blog, who has no other, offer to restore it.
func waitDeleted(p *stack.Platform, owner *portaltest.Client, name, until string) {
	for _, path := range []string{"/", "/account/"} {
		p.Wait(path+" offers to restore the blog", func(context.Context) error {
			shown := owner.Get(path)
			for _, want := range []string{"You have no blogs", "<h2>Deleted blogs</h2>", "Its posts are kept until " + until + ".", "Restore " + name + "</button>"} {
				if !strings.Contains(shown.Body, want) {
					return fmt.Errorf("it lacks %q:\n%s", want, shown.Body)
				}
			}
			return nil
		})
	}
}

// An owner who deletes their only blog stays logged in, can log in again, and restores the blog with its posts, without
// staff. Deleted again, it can be restored again.
func TestOwnerRestoresADeletedBlog(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	name := portaltest.Name("alice")
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Register(name)).Want(t, http.StatusOK, "Welcome, "+name)
	p.Exec(`INSERT INTO ` + name + `.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
		VALUES ('kept', 'Kept words', '', '', '', '', now(), now(), now())`)
	until := web.Day(time.Now().UTC().AddDate(0, 0, 30))
	for range 2 {
		seen := alice.Get("/account/"+name+"/delete/").Want(t, http.StatusOK, "All posts are kept until "+until+". To restore the blog before that date, log in and choose “Restore” on your account page.").Version()
		alice.SubmitForm("/account/"+name+"/delete/", "/account/"+name+"/delete/", "name", name).
			Want(t, http.StatusOK, "Its posts are kept until "+until+". Until then you can restore the blog here or on your account page.", `action="/account/`+name+`/restore/"`)
		waitServed(p, name, http.StatusNotFound)
		p.WaitGone(name)
		waitDeleted(p, alice, name, until)
		again := portaltest.LogIn(t, site, name, portaltest.Password)
		again.Submit("/account/"+name+"/restore/").Want(t, http.StatusOK, "<h1>Account</h1>", "The blog is being restored with its data.", `href="/account/`+name+`/"`).Without(t, "Deleted blogs")
		p.WaitTenantsReady(name)
		waitServed(p, name, http.StatusOK)
		answer, err := stack.Get(t.Context(), p.Blogs[0], name+"."+stack.Domain, "/")
		if err != nil || !strings.Contains(answer.Body, "Kept words") {
			t.Errorf("the restored blog lacks the post: %v\n%s", err, answer.Body)
		}
		again.Submit("/account/"+name+"/restore/").Want(t, http.StatusOK, "<h1>Account</h1>") // a second click
		// The form of the blog that was deleted is not one of the restored blog.
		again.Submit("/account/"+name+"/delete/", "name", name, "version", seen).
			Want(t, http.StatusUnprocessableEntity, "Your blog was changed after you opened this page.")
	}
	// The address is still unconfirmed, and the blog is still alice's. Staff see who did what.
	alice.Get("/account/"+name+"/").Want(t, http.StatusOK, "Delete this blog")
	staff := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	staff.Get("/staff/users/"+name+"/").Want(t, http.StatusOK, "<td>"+name+"</td><td>delete</td>", "<td>"+name+"</td><td>restore</td>", "data kept until ")
}

// The button on the page that confirms the deletion works although the operator may still be at work.
func TestOwnerUndoesADeletionAtOnce(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	name := portaltest.Name("alice")
	portaltest.AddAccount(t, p, name)
	alice := portaltest.LogIn(t, site, name, portaltest.Password)
	alice.SubmitForm("/account/"+name+"/delete/", "/account/"+name+"/delete/", "name", name).Want(t, http.StatusOK, name+" is deleted")
	alice.Submit("/account/"+name+"/restore/").Want(t, http.StatusOK, "The blog is being restored with its data.")
	p.WaitTenantsReady(name)
	waitServed(p, name, http.StatusOK)
}

// What staff or kubectl deleted, what belongs to another user, and what is not kept cannot be restored.
func TestOwnerCannotRestore(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	p.EditPlatform(func(object *v1alpha1.Platform) { object.Spec.Contact = "mailto:help@example.org" })
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		portaltest.AddAccount(t, p, name)
	}
	portaltest.AddAccount(t, p, "erin", deleteAtOnce)
	staff := portaltest.NewStaff(t, p, site)
	staff.SubmitForm("/staff/tenants/alice/", "/staff/tenants/alice/delete/", "confirm", "alice").Want(t, http.StatusOK)
	bob := portaltest.LogIn(t, site, "bob", portaltest.Password)
	bob.SubmitForm("/account/bob/delete/", "/account/bob/delete/", "name", "bob").Want(t, http.StatusOK)
	p.DeleteTenants("carol")
	p.WaitGone("alice")
	p.WaitGone("bob")
	erin := portaltest.LogIn(t, site, "erin", portaltest.Password)
	erin.SubmitForm("/account/erin/delete/", "/account/erin/delete/", "name", "erin").Want(t, http.StatusOK, "The blog and all its posts are gone.", "You are logged out.").Without(t, "/restore/")
	p.WaitGone("erin")
	erin.Submit("/login/", "username", "erin", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity)

	for _, name := range []string{"alice", "carol"} { // deleted by staff, and by kubectl
		owner := portaltest.LogIn(t, site, name, portaltest.Password)
		p.Wait("the page has the deleted blog", func(context.Context) error {
			if shown := owner.Get("/account/"); !strings.Contains(shown.Body, "Deleted blogs") {
				return fmt.Errorf("it shows:\n%s", shown.Body)
			}
			return nil
		})
		owner.Get("/account/").Want(t, http.StatusOK, `You did not delete this blog here. To restore it, <a href="mailto:help@example.org">contact support</a>.`).Without(t, "/restore/")
		owner.Submit("/account/"+name+"/restore/").Want(t, http.StatusForbidden, "You cannot restore this blog yourself", `<a class="button" href="mailto:help@example.org">Contact support</a>`)
	}
	dave := portaltest.LogIn(t, site, "dave", portaltest.Password)
	for _, name := range []string{"alice", "bob", "carol", "erin", "nobody", "%ff"} {
		dave.Submit("/account/"+name+"/restore/").Want(t, http.StatusNotFound)
	}
	portaltest.NewClient(t, site).Submit("/account/bob/restore/").Want(t, http.StatusForbidden, "You are logged out")
	if n := p.Count(`SELECT count(*) FROM public.tenants WHERE state = 'live'`); n != 1 {
		t.Errorf("%d blogs are live, want that of dave", n)
	}

	// Staff restore what bob deleted; what they delete then stays deleted.
	staff.Submit(portaltest.RestorePath(t, p, "bob")).Want(t, http.StatusOK, "The blog is being restored")
	p.WaitTenantsReady("bob")
	staff.SubmitForm("/staff/tenants/bob/", "/staff/tenants/bob/delete/", "confirm", "bob").Want(t, http.StatusOK)
	p.WaitGone("bob")
	bob.Submit("/account/bob/restore/").Want(t, http.StatusForbidden, "You cannot restore this blog yourself")
}
