package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// readTenant returns a Tenant as it is now.
func readTenant(t *testing.T, p *stack.Platform, name string) *v1alpha1.Tenant {
	t.Helper()
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(t.Context(), p.Key(name), &tenant); err != nil {
		t.Fatal(err)
	}
	return &tenant
}

// apply applies a manifest as a GitOps tool does, under a field manager of its own.
func apply(t *testing.T, p *stack.Platform, manager, manifest string, options ...client.PatchOption) *v1alpha1.Tenant {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	var tenant v1alpha1.Tenant
	if err := json.Unmarshal(content, &tenant); err != nil {
		t.Fatal(err)
	}
	tenant.Namespace = p.Namespace
	err = p.Client.Patch(t.Context(), &tenant, client.RawPatch(types.ApplyPatchType, content), append(options, client.FieldOwner(manager))...)
	if err != nil {
		t.Fatalf("apply as %s: %v\n%s", manager, err, manifest)
	}
	return &tenant
}

func TestDisplayName(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	addAccount(t, p, "bob")
	v := logIn(t, site, "alice", secret)
	v.get("/").want(t, http.StatusOK, `href="/account/alice/"`, `href="http://alice.`+stack.Domain+`/login/?next=/write/"`)
	v.get("/account/").want(t, http.StatusOK, "alice@example.org", "Settings of alice")
	v.get("/account/alice/").want(t, http.StatusOK, "alice."+stack.Domain)

	v.submit("/account/alice/name/", "display_name", " Alice's & Co. ").want(t, http.StatusOK, "Saved.", `value="Alice&#39;s &amp; Co."`)
	p.Wait("the blog has its new name", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], "alice."+stack.Domain, "/")
		if err == nil && !strings.Contains(answer.Body, "Alice&#39;s &amp; Co.") {
			err = fmt.Errorf("it says: %s", answer.Body)
		}
		return err
	})
	long := strings.Repeat("ä", 101)
	v.submit("/account/alice/name/", "display_name", long).want(t, http.StatusUnprocessableEntity, "Use at most 100 characters", long, `aria-invalid="true"`)
	v.submit("/account/alice/name/", "display_name", "a\nb").want(t, http.StatusUnprocessableEntity, "on one line")
	v.submit("/account/alice/name/", "display_name", "").want(t, http.StatusOK, "Saved.")
	if name := readTenant(t, p, "alice").Spec.DisplayName; name != "" {
		t.Errorf("the display name is still %q", name)
	}

	// Somebody else's blog is not there.
	for _, path := range []string{"/account/bob/", "/account/bob/manifest.yaml", "/account/bob/delete/", "/account/nobody/"} {
		v.get(path).want(t, http.StatusNotFound)
	}
	v.submit("/account/bob/name/", "display_name", "Mine").want(t, http.StatusNotFound)
	v.submit("/account/bob/delete/", "name", "bob").want(t, http.StatusNotFound)
	v.submit("/account/bob/domains/", "host", "www.bob.org").want(t, http.StatusNotFound)
	if name := readTenant(t, p, "bob").Spec.DisplayName; name != "" {
		t.Errorf("alice named bob's blog %q", name)
	}
	newVisitor(t, site).get("/account/alice/").want(t, http.StatusOK, "Log in")
	newVisitor(t, site).submit("/account/alice/name/", "display_name", "x").want(t, http.StatusForbidden, "You are logged out")
}

// What a manifest elsewhere sets is read-only here, and the line to change is shown.
func TestFieldsThatAnotherManagerHolds(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice", func(tenant *v1alpha1.Tenant) { tenant.Spec.DisplayName = "" })
	apply(t, p, "argocd", `
apiVersion: tenancy.echoblogs.io/v1alpha1
kind: Tenant
metadata:
  name: alice
  namespace: `+p.Namespace+`
spec:
  displayName: From Git
  customDomains: [www.alice.org]
`)
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	v := logIn(t, site, "alice", secret)
	v.get("/account/alice/").want(t, http.StatusOK, "argocd", "  displayName: From Git", "  customDomains:\n  - www.alice.org", "readonly", "It leads to your blog.")
	v.submit("/account/alice/name/", "display_name", "Mine").want(t, http.StatusUnprocessableEntity, `value="From Git"`, "This is set by the manifest of your blog")
	v.submit("/account/alice/domains/remove/", "host", "www.alice.org").want(t, http.StatusConflict, "manifest")
	tenant := readTenant(t, p, "alice")
	if tenant.Spec.DisplayName != "From Git" || !slices.Contains(tenant.Spec.CustomDomains, "www.alice.org") {
		t.Errorf("what another manager had set was changed: %+v", tenant.Spec)
	}
	v.get("/account/alice/delete/").want(t, http.StatusOK, "A manifest describes this blog", "argocd")
}

func TestManifest(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	v := logIn(t, site, "alice", secret)
	v.submit("/account/alice/name/", "display_name", "Alice: writes").want(t, http.StatusOK)
	downloaded := v.get("/account/alice/manifest.yaml").want(t, http.StatusOK, "kind: Tenant\n", "  name: alice\n", "displayName: 'Alice: writes'", "username: alice")
	if kind := downloaded.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/yaml") {
		t.Errorf("its type is %q", kind)
	}
	for _, noise := range []string{"status", "managedFields", "uid", "resourceVersion", "creationTimestamp", "generation"} {
		if strings.Contains(downloaded.Body, noise) {
			t.Errorf("the manifest has %s in it:\n%s", noise, downloaded.Body)
		}
	}
	before := readTenant(t, p, "alice")
	after := apply(t, p, "argocd", downloaded.Body, client.DryRunAll)
	if after.Generation != before.Generation {
		t.Errorf("applied again, the manifest changes the Tenant:\n%s\n%+v\n%+v", downloaded.Body, before.Spec, after.Spec)
	}
	// So says kubectl apply to whoever applies it for good.
	apply(t, p, "argocd", downloaded.Body)
	if again := readTenant(t, p, "alice"); again.Generation != before.Generation {
		t.Errorf("generation %d became %d", before.Generation, again.Generation)
	}
}

func TestDeleteBlog(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	v, other := logIn(t, site, "alice", secret), logIn(t, site, "alice", secret)
	until := time.Now().UTC().AddDate(0, 0, 30).Format("2 January 2006")
	v.get("/account/alice/delete/").want(t, http.StatusOK, "All posts are kept until "+until, "/login/?next=/write/export.zip")
	v.submit("/account/alice/delete/", "name", "alic").want(t, http.StatusUnprocessableEntity, "Type alice to delete it.", `value="alic"`)
	if tenant := readTenant(t, p, "alice"); !tenant.DeletionTimestamp.IsZero() {
		t.Fatal("it is being deleted")
	}
	v.submit("/account/alice/delete/", "name", "alice").want(t, http.StatusOK, "alice is deleted", "kept until "+until, "You are logged out")
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	for _, visitor := range []*visitor{v, other} {
		visitor.get("/").want(t, http.StatusOK, "A blog of your own")
	}
	v.submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity, "Your blog alice was deleted.")
	if err := p.Client.Get(t.Context(), p.Key("alice"), &v1alpha1.Tenant{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Tenant: %v", err)
	}
}

// Who has another blog stays logged in.
func TestDeleteOneOfTwoBlogs(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	second := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "alice-two"}}
	second.Spec.Owner = &v1alpha1.TenantOwner{Username: "alice"}
	second.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	if err := p.Create(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitReady(t.Context(), "alice-two"); err != nil {
		t.Fatal(err)
	}
	v := logIn(t, site, "alice", secret)
	v.get("/account/alice-two/delete/").want(t, http.StatusOK, "deleted at once and cannot be brought back", "Your account stays.")
	v.submit("/account/alice-two/delete/", "name", "alice-two").want(t, http.StatusOK, "alice-two is deleted", "are gone", "Back to your account").without(t, "logged out")
	v.get("/account/").want(t, http.StatusOK, "Settings of alice")
}

func TestSessions(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	here, phone, old := logIn(t, site, "alice", secret), newVisitor(t, site), logIn(t, site, "alice", secret)
	phone.do(http.MethodPost, "/login/", strings.NewReader("username=alice&password="+strings.ReplaceAll(secret, " ", "+")), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"},
		"User-Agent": {"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"},
	}).want(t, http.StatusOK, "Welcome, alice")

	list := here.get("/account/").want(t, http.StatusOK, "Safari on iPhone", "Go-http-client", "127.0.0.1")
	if n := strings.Count(list.Body, "(this one)"); n != 1 {
		t.Errorf("%d sessions are this one", n)
	}
	row := regexp.MustCompile(`(?s)<tr><td>Safari on iPhone.*?name="id" value="(\d+)"`).FindStringSubmatch(list.Body)
	if row == nil {
		t.Fatalf("no way to end the phone's session:\n%s", list.Body)
	}
	here.submit("/account/sessions/end/", "id", row[1]).want(t, http.StatusOK, "That browser is logged out.")
	phone.get("/").want(t, http.StatusOK, "A blog of your own")
	old.get("/").want(t, http.StatusOK, "Welcome, alice")
	here.submit("/account/sessions/end-others/").want(t, http.StatusOK, "All other browsers are logged out.")
	old.get("/").want(t, http.StatusOK, "A blog of your own")
	here.get("/").want(t, http.StatusOK, "Welcome, alice")

	// Nobody ends the session of somebody else.
	addAccount(t, p, "bob")
	bob := logIn(t, site, "bob", secret)
	var session int64
	if err := p.Admin.QueryRow(t.Context(), `SELECT s.id FROM public.sessions s JOIN public.users u ON u.id = s.user_id WHERE u.username = 'bob'`).Scan(&session); err != nil {
		t.Fatal(err)
	}
	here.submit("/account/sessions/end/", "id", strconv.FormatInt(session, 10)).want(t, http.StatusOK)
	bob.get("/").want(t, http.StatusOK, "Welcome, bob")
	here.submit("/account/sessions/end/", "id", "x").want(t, http.StatusNotFound)
}

func TestPasswordChange(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	here, elsewhere := logIn(t, site, "alice", secret), logIn(t, site, "alice", secret)
	change := func(present, password, again string) page {
		t.Helper()
		return here.submit("/account/password/", "current_password", present, "password", password, "confirm_password", again)
	}
	change("wrong password", "another secret", "another secret").want(t, http.StatusUnprocessableEntity, "This is not your password.", `id="current_password-error"`)
	refused := change(secret, "password123", "password123").want(t, http.StatusUnprocessableEntity, "choose another one")
	for _, typed := range []string{"password123", html.EscapeString(secret)} {
		if strings.Contains(refused.Body, typed) {
			t.Errorf("a password stands on the page:\n%s", refused.Body)
		}
	}
	change(secret, "another secret", "another secre").want(t, http.StatusUnprocessableEntity, "The two passwords differ")
	change(secret, "another secret", "another secret").want(t, http.StatusOK, "Your password was changed")
	elsewhere.get("/").want(t, http.StatusOK, "A blog of your own")
	here.get("/").want(t, http.StatusOK, "Welcome, alice")
	waitLetters(p, site, "alice@example.org", "Your password was changed", 1)
	logIn(t, site, "alice", "another secret")

	// A browser that was left open is no way to guess the password.
	for range 4 {
		change("wrong password", "a third secret", "a third secret").want(t, http.StatusUnprocessableEntity)
	}
	change("another secret", "a third secret", "a third secret").want(t, http.StatusTooManyRequests)
}

// A suspended owner logs in, and reads how to go on.
func TestSuspendedOwner(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	if err := p.Edit(t.Context(), "alice", func(tenant *v1alpha1.Tenant) { tenant.Spec.Suspended = new(true) }); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	v := logIn(t, site, "alice", secret)
	p.Wait("the page says so", func(context.Context) error {
		seen := v.get("/account/")
		for _, text := range []string{"This blog is suspended", "Ask those who run the site", "http://alice." + stack.Domain + "/login/?next=/write/export.zip"} {
			if !strings.Contains(seen.Body, text) {
				return fmt.Errorf("it does not say %q: %s", text, seen.Body)
			}
		}
		return nil
	})
}

// A blog that was registered on the site is its owner's to edit there: its fields are the site's own.
func TestRegisteredOwnerEdits(t *testing.T) {
	t.Parallel()
	dns := startNameServer(t)
	p, site := newSite(t, "--dns-server="+dns.address)
	v := newVisitor(t, site)
	v.home(p, v.register("carol")).want(t, http.StatusOK, "Welcome, carol", "carol@people.example is not confirmed yet")
	if seen := v.get("/account/carol/").want(t, http.StatusOK, "Title of the blog"); strings.Contains(seen.Body, "readonly") {
		t.Errorf("it says that a manifest sets the name:\n%s", seen.Body)
	}
	v.submit("/account/carol/name/", "display_name", "Carol writes").want(t, http.StatusOK, "Saved.", "Carol writes")
	added := v.submit("/account/carol/domains/", "host", "carol.blog").want(t, http.StatusOK)
	dns.set(added.record(t, "carol.blog"))
	v.submit("/account/carol/domains/verify/", "host", "carol.blog").want(t, http.StatusOK, "Saved.")
	spec := readTenant(t, p, "carol").Spec
	if spec.DisplayName != "Carol writes" || !slices.Equal(spec.CustomDomains, []v1alpha1.CustomDomain{"carol.blog"}) || spec.Owner == nil || spec.Owner.Username != "carol" {
		t.Errorf("the Tenant says %+v", spec)
	}

	// Once it is in Git, it is edited there.
	apply(t, p, "argocd", v.get("/account/carol/manifest.yaml").want(t, http.StatusOK).Body)
	v.get("/account/carol/").want(t, http.StatusOK, "argocd", "  displayName: Carol writes", "  - carol.blog")
	v.submit("/account/carol/name/", "display_name", "Carol").want(t, http.StatusUnprocessableEntity, "Carol writes")
	v.get("/account/carol/delete/").want(t, http.StatusOK, "A manifest describes this blog (argocd)")
	v.submit("/account/carol/delete/", "name", "carol").want(t, http.StatusOK, "carol is deleted", "You are logged out")
	if err := p.AwaitGone(t.Context(), "carol"); err != nil {
		t.Fatal(err)
	}
}
