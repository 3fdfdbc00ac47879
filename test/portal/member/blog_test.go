package member_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestDisplayName(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bob := portaltest.Name("alice"), portaltest.Name("bob")
	portaltest.AddAccount(t, p, alice)
	portaltest.AddAccount(t, p, bob)
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	v.Get("/").Want(t, http.StatusOK, `href="/account/`+alice+`/"`, `href="http://`+alice+`.`+stack.Domain+`/login/?next=/write/"`)
	v.Get("/account/").Want(t, http.StatusOK, "<dd>"+alice+"@example.org, confirmed</dd>", `<a class="button" href="/account/`+alice+`/">Settings of `+alice+`</a>`)
	v.Get("/account/"+alice+"/").Want(t, http.StatusOK, `<dt>Address</dt><dd><a href="http://`+alice+`.`+stack.Domain+`/">`)

	v.SubmitForm("/account/"+alice+"/", "/account/"+alice+"/name/", "display_name", " Alice's & Co. ").Want(t, http.StatusOK, "Saved.", `value="Alice&#39;s &amp; Co."`)
	p.Wait("the blog has its new name", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], alice+"."+stack.Domain, "/")
		if err == nil && !strings.Contains(answer.Body, "Alice&#39;s &amp; Co.") {
			err = fmt.Errorf("it says: %s", answer.Body)
		}
		return err
	})
	long := strings.Repeat("ä", 101)
	v.SubmitForm("/account/"+alice+"/", "/account/"+alice+"/name/", "display_name", long).Want(t, http.StatusUnprocessableEntity, "Use at most 100 characters", long, `aria-invalid="true"`)
	v.SubmitForm("/account/"+alice+"/", "/account/"+alice+"/name/", "display_name", "a\nb").Want(t, http.StatusUnprocessableEntity, "Use letters, digits, spaces and punctuation on one line, without invisible characters.")
	v.SubmitForm("/account/"+alice+"/", "/account/"+alice+"/name/", "display_name", "a\u202eb").Want(t, http.StatusUnprocessableEntity, "without invisible characters.")
	v.SubmitForm("/account/"+alice+"/", "/account/"+alice+"/name/", "display_name", "").Want(t, http.StatusOK, "Saved.")
	if name := p.Tenant(alice).Spec.DisplayName; name != "" {
		t.Errorf("the display name is still %q", name)
	}

	// A form that was opened before another change shows both values.
	seen := v.Get("/account/" + alice + "/").Version()
	v.Submit("/account/"+alice+"/name/", "display_name", "First", "version", seen, "was", "").Want(t, http.StatusOK, "Saved.")
	v.Submit("/account/"+alice+"/name/", "display_name", "Second", "version", seen, "was", "").Want(t, http.StatusUnprocessableEntity, `value="Second"`,
		"Your blog was changed after you opened this page. The value is now &#34;First&#34;; you entered &#34;Second&#34;. Save again to keep your value.")
	// A form that does not say what it was made from changes nothing.
	v.Submit("/account/"+alice+"/name/", "display_name", "Third").Want(t, http.StatusUnprocessableEntity, "Your blog was changed after you opened this page.")
	v.Submit("/account/"+alice+"/delete/", "name", alice).Want(t, http.StatusUnprocessableEntity, "Your blog was changed after you opened this page.")
	v.Submit("/account/"+alice+"/delete/", "name", alice, "version", seen).Want(t, http.StatusUnprocessableEntity,
		"Your blog was changed after you opened this page. Check what happens to its posts, then confirm again.")
	if tenant := p.Tenant(alice); tenant.Spec.DisplayName != "First" || !tenant.DeletionTimestamp.IsZero() {
		t.Errorf("the Tenant was changed: %+v", tenant)
	}

	// The blog of another user is not found.
	for _, path := range []string{"/account/" + bob + "/", "/account/" + bob + "/manifest.yaml", "/account/" + bob + "/delete/", "/account/nobody/"} {
		v.Get(path).Want(t, http.StatusNotFound)
	}
	v.Submit("/account/"+bob+"/name/", "display_name", "Mine").Want(t, http.StatusNotFound)
	v.Submit("/account/"+bob+"/delete/", "name", bob).Want(t, http.StatusNotFound)
	v.Submit("/account/"+bob+"/domains/", "host", "www."+bob+".org").Want(t, http.StatusNotFound)
	if name := p.Tenant(bob).Spec.DisplayName; name != "" {
		t.Errorf("alice named bob's blog %q", name)
	}
	portaltest.NewClient(t, site).Get("/account/"+alice+"/").Want(t, http.StatusOK, "<h1>Log in</h1>")
	portaltest.NewClient(t, site).Submit("/account/"+alice+"/name/", "display_name", "x").Want(t, http.StatusForbidden, "You are logged out")
}

// A field that another manager owns is read-only, with the line to change in the manifest.
func TestFieldsOfOtherManagersAreReadOnly(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice, func(tenant *v1alpha1.Tenant) { tenant.Spec.DisplayName = "" })
	p.ApplyTenant("argocd", `
apiVersion: tenancy.echoblogs.io/v1alpha1
kind: Tenant
metadata:
  name: `+alice+`
  namespace: `+p.Namespace+`
spec:
  displayName: From Git
  customDomains: [www.`+alice+`.org]
`)
	if err := p.AwaitReady(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	shown := v.Get("/account/"+alice+"/").Want(t, http.StatusOK, `value="From Git" dir="auto" lang="" readonly`, "Your blog is served at this domain until another blog proves that the domain is theirs.")
	wantUnderAdvanced(t, shown.Body, "argocd", "The manifest sets the title (argocd).", "  displayName: From Git", "The manifest lists the domain www."+alice+".org (argocd).", "  customDomains:\n  - www."+alice+".org")
	for _, sentence := range []string{"Set by your administrator. To change it, ", "Set by your administrator. To remove it, "} {
		if strings.Count(shown.Body, sentence) != 1 {
			t.Errorf("%q is not there once:\n%s", sentence, shown.Body)
		}
	}
	v.SubmitForm("/account/"+alice+"/delete/", "/account/"+alice+"/name/", "display_name", "Mine").Want(t, http.StatusUnprocessableEntity, `value="From Git"`, "This is set by your administrator. To change it, contact support.")
	v.Submit("/account/"+alice+"/domains/remove/", "host", "www."+alice+".org").Want(t, http.StatusConflict, "This domain is set by your administrator", "To remove it, contact support.")
	tenant := p.Tenant(alice)
	if tenant.Spec.DisplayName != "From Git" || !slices.Contains(tenant.Spec.CustomDomains, v1alpha1.CustomDomain("www."+alice+".org")) {
		t.Errorf("what another manager had set was changed: %+v", tenant.Spec)
	}
	// The test itself, which created the Tenant, is a manager of its fields too.
	managers := "argocd, " + filepath.Base(os.Args[0])
	asked := v.Get("/account/"+alice+"/delete/").Want(t, http.StatusOK, "Your administrator set up this blog. Ask them to remove it as well: otherwise it is created again.")
	wantUnderAdvanced(t, asked.Body, "argocd", "A manifest describes this blog ("+managers+").")
}

// wantUnderAdvanced fails the test unless the page has texts, and no words of the cluster outside of the details under "Advanced".
func wantUnderAdvanced(t *testing.T, page, manager string, texts ...string) {
	t.Helper()
	outside, rest, _ := strings.Cut(page, `<details id="advanced">`)
	inside, after, _ := strings.Cut(rest, "</details>")
	for _, text := range texts {
		if !strings.Contains(inside, text) {
			t.Errorf("%q is not under Advanced:\n%s", text, page)
		}
	}
	for _, word := range []string{"anifest", "spec:", manager} {
		if strings.Contains(outside, word) || strings.Contains(after, word) {
			t.Errorf("%q is outside of Advanced:\n%s", word, page)
		}
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	v.SubmitForm("/account/"+alice+"/", "/account/"+alice+"/name/", "display_name", "Alice: writes").Want(t, http.StatusOK)
	downloaded := v.Get("/account/"+alice+"/manifest.yaml").Want(t, http.StatusOK, "kind: Tenant\n", "  name: "+alice+"\n", "displayName: 'Alice: writes'", "username: "+alice)
	if kind := downloaded.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/yaml") {
		t.Errorf("its type is %q", kind)
	}
	for _, noise := range []string{"status", "managedFields", "uid", "resourceVersion", "creationTimestamp", "generation"} {
		if strings.Contains(downloaded.Body, noise) {
			t.Errorf("the manifest has %s in it:\n%s", noise, downloaded.Body)
		}
	}
	before := p.Tenant(alice)
	after := p.ApplyTenant("argocd", downloaded.Body, client.DryRunAll)
	if after.Generation != before.Generation {
		t.Errorf("applied again, the manifest changes the Tenant:\n%s\n%+v\n%+v", downloaded.Body, before.Spec, after.Spec)
	}
	// Applying it changes nothing.
	p.ApplyTenant("argocd", downloaded.Body)
	if again := p.Tenant(alice); again.Generation != before.Generation {
		t.Errorf("generation %d became %d", before.Generation, again.Generation)
	}
}

func TestDeleteBlog(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	v, other := portaltest.LogIn(t, site, alice, portaltest.Password), portaltest.LogIn(t, site, alice, portaltest.Password)
	until := time.Now().UTC().AddDate(0, 0, 30).Format("2 January 2006")
	v.Get("/account/"+alice+"/delete/").Want(t, http.StatusOK, "All posts are kept until "+until, "/login/?next=/write/export.zip")
	v.SubmitForm("/account/"+alice+"/delete/", "/account/"+alice+"/delete/", "name", "alic").Want(t, http.StatusUnprocessableEntity, "Type "+alice+" to delete it.", `value="alic"`)
	if tenant := p.Tenant(alice); !tenant.DeletionTimestamp.IsZero() {
		t.Fatal("it is being deleted")
	}
	v.SubmitForm("/account/"+alice+"/delete/", "/account/"+alice+"/delete/", "name", alice).Want(t, http.StatusOK, alice+" is deleted", "kept until "+until)
	if err := p.AwaitGone(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	for _, visitor := range []*portaltest.Client{v, other} {
		waitDeleted(p, visitor, alice, until)
	}
	if err := p.Client.Get(t.Context(), p.Key(alice), &v1alpha1.Tenant{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Tenant: %v", err)
	}
}

// A user with another blog stays logged in.
func TestDeleteOneOfTwoBlogs(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	second := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: alice + "-two"}}
	second.Spec.Owner = &v1alpha1.TenantOwner{Username: alice}
	second.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	if err := p.Create(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitReady(t.Context(), alice+"-two"); err != nil {
		t.Fatal(err)
	}
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	v.Get("/account/"+alice+"-two/delete/").Want(t, http.StatusOK, "deleted at once and cannot be restored", "Your account is not affected.")
	v.SubmitForm("/account/"+alice+"-two/delete/", "/account/"+alice+"-two/delete/", "name", alice+"-two").Want(t, http.StatusOK, alice+"-two is deleted", "are gone", "Back to your account").Without(t, "logged out")
	v.Get("/account/").Want(t, http.StatusOK, "Settings of "+alice)
}

// The owner of a suspended blog can log in, and reads what to do.
func TestSuspendedOwner(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	if err := p.Edit(t.Context(), alice, func(tenant *v1alpha1.Tenant) {
		tenant.Spec.Suspended, tenant.Spec.SuspensionReason = new(true), "Spam & scams"
	}); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitReady(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	p.Wait("the page says so", func(context.Context) error {
		seen := v.Get("/account/")
		for _, text := range []string{"This blog is suspended", "To continue, contact support.", `Reason: Spam &amp; scams`, "http://" + alice + "." + stack.Domain + "/login/?next=/write/export.zip"} {
			if !strings.Contains(seen.Body, text) {
				return fmt.Errorf("it does not say %q: %s", text, seen.Body)
			}
		}
		return nil
	})
}

// The owner of a blog that was registered on the site can edit it there, because the portal owns its fields.
func TestRegisteredOwnerEdits(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	carol := portaltest.Name("carol")
	v := portaltest.NewClient(t, site)
	v.AwaitHome(p, v.Register(carol)).Want(t, http.StatusOK, "Welcome, "+carol, carol+"@people.example is not confirmed yet")
	if seen := v.Get("/account/"+carol+"/").Want(t, http.StatusOK, "Title of the blog"); strings.Contains(seen.Body, " readonly ") {
		t.Errorf("it says that a manifest sets the name:\n%s", seen.Body)
	}
	v.SubmitForm("/account/"+carol+"/", "/account/"+carol+"/name/", "display_name", "Carol writes").Want(t, http.StatusOK, "Saved.", `value="Carol writes"`)
	v.Submit("/account/"+carol+"/domains/", "host", carol+".blog").Want(t, http.StatusOK, "Saved.")
	spec := p.Tenant(carol).Spec
	if spec.DisplayName != "Carol writes" || !slices.Equal(spec.CustomDomains, []v1alpha1.CustomDomain{v1alpha1.CustomDomain(carol + ".blog")}) || spec.Owner == nil || spec.Owner.Username != carol {
		t.Errorf("the Tenant says %+v", spec)
	}

	// Once the manifest is in Git, the fields are read-only here.
	p.ApplyTenant("argocd", v.Get("/account/"+carol+"/manifest.yaml").Want(t, http.StatusOK).Body)
	v.Get("/account/"+carol+"/").Want(t, http.StatusOK, "The manifest sets the title (argocd).", "  displayName: Carol writes", "  - "+carol+".blog")
	v.SubmitForm("/account/"+carol+"/delete/", "/account/"+carol+"/name/", "display_name", "Carol").Want(t, http.StatusUnprocessableEntity, `value="Carol writes" dir="auto" lang="" readonly`)
	v.Get("/account/"+carol+"/delete/").Want(t, http.StatusOK, "A manifest describes this blog (argocd).")
	v.SubmitForm("/account/"+carol+"/delete/", "/account/"+carol+"/delete/", "name", carol).Want(t, http.StatusOK, carol+" is deleted")
	if err := p.AwaitGone(t.Context(), carol); err != nil {
		t.Fatal(err)
	}
}
