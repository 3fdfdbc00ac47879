//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/docpage"
)

// The files of the example, which the test uses as they are.
const (
	fluxExample = "../../examples/gitops-flux"
	exampleURL  = "https://git.example.com/blogs.git"
)

// pipeline is a Git repository that Flux applies to the installation.
type pipeline struct {
	*product
	repository *gitRepository
	plugin     func(arguments ...string) string
	staff      *visitor
}

// testFlux keeps Tenants in a Git repository, beside people who use the public site.
func (p *product) testFlux() {
	f := &pipeline{product: p, repository: p.newRepository(fluxExample + "/repository"), plugin: p.buildPlugin(p.withDatabase())}
	p.t.Cleanup(f.explainFailure)
	f.staff = p.addStaff("sam")

	f.install()
	f.changeFields()
	f.keepOwnFields()
	f.shareFields()
	f.ignoreDomains()
	f.refuseTenant()
	f.restorePruned()
	f.holdDeletions()
	f.uninstall()
}

// explainFailure logs what Flux says, if the test has failed.
func (f *pipeline) explainFailure() {
	if !f.t.Failed() {
		return
	}
	for _, arguments := range [][]string{
		{"get", "gitrepositories,kustomizations,tenants", "--namespace=" + namespace, "--output=wide"},
		{"logs", "--namespace=flux-system", "deployment/source-controller", "--tail=10"},
		{"logs", "--namespace=flux-system", "deployment/kustomize-controller", "--tail=20"},
	} {
		output, err := f.Kubectl(context.Background(), arguments...)
		f.t.Logf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
}

// kustomization is what the test reads of a Kustomization.
type kustomization struct {
	Status struct {
		LastAppliedRevision, LastAttemptedRevision, LastHandledReconcileAt string
		Conditions                                                         []struct{ Type, Status, Reason, Message string }
	}
}

// condition returns the status and reason of a condition, such as "False HealthCheckFailed", and its message.
func (k kustomization) condition(kind string) (state, message string) {
	for _, c := range k.Status.Conditions {
		if c.Type == kind {
			return c.Status + " " + c.Reason, c.Message
		}
	}
	return "absent", ""
}

func (f *pipeline) kustomization(ctx context.Context, name string) (k kustomization, err error) {
	output, err := f.Kubectl(ctx, "get", "kustomization", name, "--namespace="+namespace, "--output=json")
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal([]byte(output), &k)
}

// push pushes the changes, and has Flux fetch them at once, as a webhook of a Git server does.
func (f *pipeline) push(message string) (commit string) {
	f.t.Helper()
	commit = f.repository.push(message)
	f.requestReconciliation("gitrepository/blogs")
	return commit
}

// requestReconciliation does what "flux reconcile" does, and returns the time of the request.
func (f *pipeline) requestReconciliation(object string) string {
	f.t.Helper()
	now := time.Now().Format(time.RFC3339Nano)
	f.kubectl("annotate", "--overwrite", object, "reconcile.fluxcd.io/requestedAt="+now)
	return now
}

// reconcile has Flux apply the Tenants again, and waits until they are Ready.
func (f *pipeline) reconcile() {
	f.t.Helper()
	requested := f.requestReconciliation("kustomization/tenants")
	f.waitTenants("True ReconciliationSucceeded", func(k kustomization) bool { return k.Status.LastHandledReconcileAt == requested })
}

// deliver pushes the changes, waits until Flux has applied them and all Tenants are Ready, and logs how long that took.
func (f *pipeline) deliver(message string) {
	f.t.Helper()
	began := time.Now()
	commit := f.push(message)
	f.waitTenants("True ReconciliationSucceeded", func(k kustomization) bool { return strings.HasSuffix(k.Status.LastAppliedRevision, commit) })
	f.t.Logf("%q was Ready %.1f s after the push", message, time.Since(began).Seconds())
}

// refuse pushes the changes, waits until Flux says that they failed for a reason, and returns the message.
func (f *pipeline) refuse(message, reason string) string {
	f.t.Helper()
	commit := f.push(message)
	return f.waitTenants("False "+reason, func(k kustomization) bool { return strings.HasSuffix(k.Status.LastAttemptedRevision, commit) })
}

// waitTenants waits until the Kustomization of the Tenants has a state for what the caller wants, and returns its message.
func (f *pipeline) waitTenants(want string, wanted func(kustomization) bool) (message string) {
	f.t.Helper()
	f.wait("the Kustomization is "+want, func(ctx context.Context) error {
		k, err := f.kustomization(ctx, "tenants")
		if err != nil {
			return err
		}
		var state string
		if state, message = k.condition("Ready"); state != want || !wanted(k) {
			return fmt.Errorf("it is %s at %s: %s", state, k.Status.LastAttemptedRevision, message)
		}
		return nil
	})
	return message
}

// wantSpec fails the test unless a field of a Tenant's spec has a value.
func (f *pipeline) wantSpec(tenant, path, want string) {
	f.t.Helper()
	if got := f.kubectl("get", "tenant", tenant, "--output=jsonpath={.spec."+path+"}"); got != want {
		f.t.Errorf("spec.%s of %s is %q, want %q", path, tenant, got, want)
	}
}

// install lets Flux apply the example: the Platform's settings, and then three Tenants.
func (f *pipeline) install() {
	f.repository.push("Begin with three blogs")
	began := time.Now()
	f.follow(f.exampleOf(f.repository.url), docpage.Commands(f.t, "gitops.md", "Flux", 0))
	f.t.Logf("the example was Ready %.1f s after it was applied", time.Since(began).Seconds())
	if got := f.kubectl("get", "platform/default", "--output=jsonpath={.spec.protection.maxDeletionsPerHour}"); got != "5" {
		f.t.Errorf("the Platform has the limit %q, want that of the repository", got)
	}
	k, err := f.kustomization(f.t.Context(), "tenants")
	if state, message := k.condition("Healthy"); err != nil || !strings.HasPrefix(state, "True") {
		f.t.Errorf("the Kustomization's health is %s, %s, %v", state, message, err)
	}
	for _, name := range []string{"harbour", "meadow", "orchard"} {
		f.waitStatus(f.browser(), f.blog(name)+"/", http.StatusOK)
	}
}

// exampleOf returns a folder that has the objects of Flux, with the URL of a repository, where the page names them.
func (f *pipeline) exampleOf(url string) (folder string) {
	f.t.Helper()
	folder = f.t.TempDir()
	file := filepath.Join(folder, "examples", "gitops-flux", "flux.yaml")
	manifest := strings.Replace(read(f.t, fluxExample+"/flux.yaml"), exampleURL, url, 1)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(manifest), 0o600)); err != nil {
		f.t.Fatalf("write the objects of Flux: %v", err)
	}
	return folder
}

// changeFields gives two blogs to a user of the public site, and lets them choose the title of one.
func (f *pipeline) changeFields() {
	f.repository.replace("tenants/harbour.yaml", "spec:\n", "spec:\n  owner: {username: carol}\n")
	f.repository.replace("tenants/meadow.yaml", "  displayName: Meadow News\n", "  owner: {username: carol}\n")
	f.deliver("Give two blogs to carol")
	f.wantSpec("harbour", "owner.username", "carol")
	f.wantSpec("meadow", "displayName", "")
}

// keepOwnFields changes the fields of the manifests on the public site, which refuses that and names the manager.
func (f *pipeline) keepOwnFields() {
	carol := f.logIn("carol")
	carol.get("/account/harbour/").want(http.StatusOK, "The manifest sets the title (kustomize-controller).")
	version := carol.get("/account/harbour/delete/").version()
	carol.submit("/account/harbour/name/", "version", version, "display_name", "Mine").
		want(http.StatusUnprocessableEntity, "This is set by your administrator.")

	settings := "/staff/tenants/harbour/settings/"
	shown := f.staff.get("/staff/tenants/harbour/").want(http.StatusOK,
		"Set by kustomize-controller. Change spec.displayName in the manifest that it applies.",
		"Set by kustomize-controller. Change spec.paidUntil in the manifest that it applies.")
	f.staff.submit(settings, "version", shown.version(), "paidUntil", "2031-01-31", "trial", "yes").want(http.StatusOK, "Nothing was changed.")
	f.wantSpec("harbour", "displayName", "Harbour News")
	f.wantSpec("harbour", "paidUntil", "2099-12-31")
}

// shareFields changes other fields on the public site. They stay until a manifest sets them.
func (f *pipeline) shareFields() {
	carol := f.logIn("carol")
	version := carol.get("/account/meadow/").version()
	carol.submit("/account/meadow/name/", "version", version, "was", "", "display_name", "Carol's Meadow").want(http.StatusOK, "Saved.")
	shown := f.staff.get("/staff/tenants/harbour/")
	f.staff.submit("/staff/tenants/harbour/settings/", "version", shown.version(), "trial", "yes", "posts", "7").want(http.StatusOK, "Saved.")
	f.reconcile()
	f.wantSpec("meadow", "displayName", "Carol's Meadow")
	f.wantSpec("harbour", "limits.posts", "7")

	f.repository.replace("tenants/harbour.yaml", "spec:\n", "spec:\n  limits: {posts: 9}\n")
	f.deliver("Limit the posts of a blog")
	f.wantSpec("harbour", "limits.posts", "9")
	f.staff.get("/staff/tenants/harbour/").want(http.StatusOK, "Set by kustomize-controller. Change spec.limits.posts in the manifest that it applies.")
}

// ignoreDomains adds a domain on the public site that is not proven. The Kustomization stays Ready.
func (f *pipeline) ignoreDomains() {
	carol := f.logIn("carol")
	carol.submit("/account/harbour/domains/", "host", "www.harbour.example").want(http.StatusOK, "Saved.")
	f.kubectl("wait", "--for=condition=Stalled", "--timeout=60s", "tenant/harbour")
	f.reconcile()
	f.wantSpec("harbour", "customDomains[*]", "www.harbour.example")
	carol.submit("/account/harbour/domains/remove/", "host", "www.harbour.example").want(http.StatusOK, "Saved.")
	f.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant/harbour")
}

// refuseTenant pushes Tenants that the operator and the API server refuse, and corrects them.
func (f *pipeline) refuseTenant() {
	pier := "apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Tenant\nmetadata: {name: pier}\nspec: {domain: example.org}\n"
	f.repository.write("tenants/pier.yaml", pier)
	f.repository.replace("tenants/orchard.yaml", "Orchard News", "Orchard")
	if message := f.refuse("Add a blog at a domain that the Platform lacks", "HealthCheckFailed"); !strings.Contains(message, "Tenant/echoblogs/pier status: 'Failed'") {
		f.t.Errorf("the Kustomization says %s", message)
	}
	if table := f.kubectl("get", "tenant", "pier", "--output=wide"); !strings.Contains(table, `does not list the domain "example.org"`) {
		f.t.Errorf("the Tenant says\n%s", table)
	}
	f.wantSpec("orchard", "displayName", "Orchard")
	f.repository.replace("tenants/pier.yaml", "{domain: example.org}", "{}")
	f.deliver("Correct the domain")

	f.repository.replace("tenants/pier.yaml", "{}", "{paidUntil: soon}")
	f.repository.replace("tenants/orchard.yaml", "Orchard", "Orchard Times")
	if message := f.refuse("Set a date that is none", "ReconciliationFailed"); !strings.Contains(message, "Tenant/echoblogs/pier") || !strings.Contains(message, "spec.paidUntil") {
		f.t.Errorf("the Kustomization says %s", message)
	}
	f.wantSpec("orchard", "displayName", "Orchard") // nothing of the commit is applied
	f.repository.replace("tenants/pier.yaml", "{paidUntil: soon}", "{}")
	f.deliver("Correct the date")
	f.waitStatus(f.browser(), f.blog("pier")+"/", http.StatusOK)
}

// restorePruned removes a manifest and puts it back. The data is retained, and restored once the manifest says so.
func (f *pipeline) restorePruned() {
	post := filepath.Join(f.t.TempDir(), "post.md")
	if err := os.WriteFile(post, []byte("# A post that stays\n\nHello.\n"), 0o644); err != nil {
		f.t.Fatal(err)
	}
	f.plugin("post", "meadow", post)
	f.waitText(f.blog("meadow")+"/", "A post that stays")

	manifest := read(f.t, f.repository.folder+"/tenants/meadow.yaml")
	f.repository.remove("tenants/meadow.yaml")
	f.deliver("Remove a blog")
	f.kubectl("wait", "--for=delete", "--timeout=60s", "tenant/meadow")
	f.waitStatus(f.browser(), f.blog("meadow")+"/", http.StatusNotFound)
	f.staff.get("/staff/tombstones/").want(http.StatusOK, "meadow")

	f.repository.write("tenants/meadow.yaml", manifest)
	if message := f.refuse("Put the blog back", "HealthCheckFailed"); !strings.Contains(message, "Tenant/echoblogs/meadow status: 'Failed'") {
		f.t.Errorf("the Kustomization says %s", message)
	}
	tombstone := f.kubectl("get", "tenant/meadow", "--output=jsonpath={.status.tombstones[0].id}")
	f.repository.replace("tenants/meadow.yaml", "  name: meadow\n", "  name: meadow\n  annotations: {tenancy.echoblogs.io/on-tombstone: Restore/"+tombstone+"}\n")
	f.push("Restore its data")
	f.waitText(f.blog("meadow")+"/", "A post that stays")
	f.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "tenant/meadow")
	// An annotation does not change the generation, so Flux may have taken the earlier failure for the result.
	f.reconcile()
	f.wantSpec("meadow", "displayName", "") // the manifest replaces the whole spec
}

// holdDeletions removes more Tenants than the Platform allows: one is gone already. Their readers notice nothing until one
// deletion is approved. The other one is cancelled once the manifest is back.
func (f *pipeline) holdDeletions() {
	f.repository.replace("platform/platform.yaml", "maxDeletionsPerHour: 5", "maxDeletionsPerHour: 1")
	f.deliver("Allow fewer deletions")
	uid := f.kubectl("get", "tenant/harbour", "--output=jsonpath={.metadata.uid}")
	held, kept := f.startReading("orchard"), f.startReading("harbour")
	f.repository.remove("tenants/harbour.yaml", "tenants/orchard.yaml")
	f.deliver("Remove too much")
	f.kubectl("wait", "--for=condition=DeletionsHeld", "--timeout=60s", "platform/default")
	f.kubectl("wait", "--for=jsonpath={.status.deletionHold}", "--timeout=60s", "tenant/harbour", "tenant/orchard")
	if list := f.plugin("deletions"); !strings.Contains(list, "harbour") || !strings.Contains(list, "orchard") {
		f.t.Errorf("kubectl echoblogs deletions prints\n%s", list)
	}
	f.signUp("dave")
	held.stop()
	held.wantNoFailure("while the deletion was held")

	f.plugin("deletions", "approve", "orchard")
	f.kubectl("wait", "--for=delete", "--timeout=60s", "tenant/orchard")

	restore, cancel, _ := strings.Cut(docpage.Commands(f.t, "gitops.md", "Too many removed manifests", 0), "kubectl ")
	f.follow(f.repository.folder, restore)
	f.requestReconciliation("gitrepository/blogs")
	commit := f.repository.git("rev-parse", "HEAD")
	f.wait("Flux has applied the manifest to the object that is being deleted", func(ctx context.Context) error {
		k, err := f.kustomization(ctx, "tenants")
		if state, _ := k.condition("Healthy"); err == nil && (!strings.HasSuffix(k.Status.LastAttemptedRevision, commit) || !strings.HasPrefix(state, "Unknown")) {
			err = fmt.Errorf("its health is %s at %s", state, k.Status.LastAttemptedRevision)
		}
		return err
	})
	f.follow(f.repository.folder, "kubectl "+cancel)
	f.waitTenants("True ReconciliationSucceeded", func(k kustomization) bool { return strings.HasSuffix(k.Status.LastAppliedRevision, commit) })
	if again := f.kubectl("get", "tenant/harbour", "--output=jsonpath={.metadata.uid}"); again == uid {
		f.t.Error("the Tenant was not created again")
	}
	f.reconcile()
	kept.stop()
	kept.wantNoFailure("until the deletion was cancelled")
}

// uninstall deletes the objects of Flux. The Platform and the Tenants stay.
func (f *pipeline) uninstall() {
	before := f.kubectl("get", "tenants", "--output=jsonpath={.items[*].metadata.uid}")
	if _, err := f.Kubectl(f.t.Context(), "delete", "--namespace="+namespace, "--timeout=60s", "kustomizations,gitrepositories", "--all"); err != nil {
		f.t.Fatal(err)
	}
	if after := f.kubectl("get", "tenants", "--output=jsonpath={.items[*].metadata.uid}"); after != before {
		f.t.Errorf("the Tenants are %q, and were %q", after, before)
	}
	f.kubectl("patch", "platform/default", "--type=json", `--patch=[{"op": "remove", "path": "/spec/protection"}]`)
	f.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "platform/default")
}

// waitText waits until a page contains a text.
func (f *pipeline) waitText(address, want string) {
	f.t.Helper()
	b := f.browser()
	f.wait(address+" contains "+want, func(ctx context.Context) error { return b.read(ctx, address, want) })
}
