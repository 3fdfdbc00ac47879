package member_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// removedLine is logged for each account that is removed.
const removedLine = "Removed an orphaned account"

func deleteAtOnce(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete }

// endRetention ends the retention of a Tenant, and waits for the purge.
func endRetention(t *testing.T, p *stack.Platform, name string) {
	t.Helper()
	p.Exec(`UPDATE public.tenants SET purge_at = now() - interval '1 minute' WHERE name = $1 AND state = 'tombstone'`, name)
	var platform v1alpha1.Platform
	if err := p.Client.Get(t.Context(), p.Key(v1alpha1.DefaultPlatform), &platform); err != nil {
		t.Fatal(err)
	}
	metav1.SetMetaDataAnnotation(&platform.ObjectMeta, "test/nudge", name)
	if err := p.Client.Update(t.Context(), &platform); err != nil {
		t.Fatal(err)
	}
	p.WaitCount("the tombstone is purged", 0, `SELECT count(*) FROM public.tenants WHERE name = $1`, name)
}

// aWeekPasses waits until the site has recorded that accounts have no blog, and moves that a week into the past.
func aWeekPasses(t *testing.T, p *stack.Platform, usernames ...string) {
	t.Helper()
	p.WaitCount("the accounts are recorded as having no blog", len(usernames),
		`SELECT count(*) FROM public.users WHERE username = ANY ($1) AND orphaned_since IS NOT NULL`, usernames)
	p.Exec(`UPDATE public.users SET orphaned_since = orphaned_since - interval '7 days' WHERE username = ANY ($1)`, usernames)
}

// An account is removed when its deleted blog can no longer be restored. Its name and address are free then.
func TestAccountEndsWithItsBlog(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Register("alice")).Want(t, http.StatusOK, "Welcome, alice")
	alice.Submit("/account/alice/domains/", "host", "www.alice.org").Want(t, http.StatusOK)
	const asDay = "2 January 2006"
	until, end := time.Now().UTC().AddDate(0, 0, 30).Format(asDay), time.Now().UTC().AddDate(0, 0, 37).Format(asDay)
	alice.Get("/account/alice/delete/").Want(t, http.StatusOK, "are kept until "+until, "After "+end+" your account is removed as well, unless you have a blog then. Anyone can then sign up with its user name and email address.")
	alice.SubmitForm("/account/alice/delete/", "/account/alice/delete/", "name", "alice").Want(t, http.StatusOK, "If you have no blog by then, your account is removed after "+end).Without(t, "You are logged out.")
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}

	// Only someone with the password gets in, and can restore the blog.
	waitDeleted(p, portaltest.LogIn(t, site, "alice@people.example", portaltest.Password), "alice", until)
	portaltest.NewClient(t, site).Submit("/login/", "username", "alice@people.example", "password", "not the right one").Want(t, http.StatusUnprocessableEntity, "Wrong user name, email address or password.").Without(t, "was deleted")
	portaltest.NewClient(t, site).Register("alice").Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.", "An account with this email address already exists.")

	// With two replicas, bob, whose data was not kept, is removed once. alice, whom they process before bob, stays.
	portaltest.AddAccount(t, p, "bob", deleteAtOnce)
	p.DeleteTenants("bob")
	site.Kill()
	p.StartPortal(0)
	p.StartPortal(1)
	aWeekPasses(t, p, "bob")
	p.WaitCount("bob's account is removed", 0, `SELECT count(*) FROM public.users WHERE username = 'bob'`)
	if n := p.Count(`SELECT count(*) FROM public.users WHERE username = 'alice'`); n != 1 {
		t.Error("the account was removed, although the blog can be restored")
	}
}

// After the purge nothing is left, and the same person can sign up again.
func TestAccountIsRemovedAfterThePurge(t *testing.T) {
	t.Parallel()
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	metrics := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p, site := portaltest.NewSite(t, "--metrics-address="+metrics)
	staff := portaltest.NewStaff(t, p, site)
	// A locked account whose blog can be restored stays.
	portaltest.AddAccount(t, p, "carol", deleteAtOnce)
	staff.Submit("/staff/users/carol/lock/").Want(t, http.StatusOK, "The account was locked")
	portaltest.AddAccount(t, p, "dave")
	// So do the owners of a superseded tombstone, and of a Tenant without a schema.
	portaltest.AddAccount(t, p, "erin")
	p.CreateTenant("freds", platformtest.WithSpec(v1alpha1.TenantSpec{SchemaName: "dave", Owner: &v1alpha1.TenantOwner{Username: "fred"}}))
	portaltest.AddUser(t, p, "fred")
	p.DeleteTenants("carol", "dave", "erin")
	p.Exec(`UPDATE public.tenants SET released_at = released_at - interval '2 minutes' WHERE name = 'erin'`) // ends the hold on its host
	erin, err := p.Tombstone(t.Context(), "erin")
	if err != nil {
		t.Fatal(err)
	}
	fresh := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "erin", Annotations: map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.FreshTombstone(erin)}}}
	if err := p.Create(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	p.WaitTenantsReady("erin")
	staff.Get("/staff/users/carol/").Want(t, http.StatusOK, "<dt>Removal</dt><dd>not while it is locked</dd>")
	portaltest.NewClient(t, site).Submit("/login/", "username", "erin", "password", portaltest.Password).Want(t, http.StatusOK, "Another blog has its name now. To get the posts, contact support.").Without(t, "/restore/")
	portaltest.NewClient(t, site).Submit("/login/", "username", "fred", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "Your blog is not available.")
	// The owner of a Tenant created by kubectl, who was invited, is removed.
	p.CreateTenant("zoe", platformtest.WithSpec(v1alpha1.TenantSpec{DeletionPolicy: v1alpha1.DeletionPolicyDelete, Owner: &v1alpha1.TenantOwner{Username: "zoe", Email: "zoe@example.org"}}))
	p.WaitTenantsReady("zoe")
	printed, err := p.RunPortal(t.Context(), "invite", "zoe")
	link := portaltest.WantLink(t, printed, err)
	zoe := portaltest.NewClient(t, site)
	zoe.Submit("/invite/", "token", portaltest.Token(link), "password", portaltest.Password, "confirm_password", portaltest.Password).Want(t, http.StatusOK, "Welcome, zoe")
	inAWeek := time.Now().UTC().AddDate(0, 0, 7).Format("2 January 2006")
	zoe.Get("/account/zoe/delete/").Want(t, http.StatusOK, "After "+inAWeek+" your account is removed")
	zoe.SubmitForm("/account/zoe/delete/", "/account/zoe/delete/", "name", "zoe").Want(t, http.StatusOK, "Your account is removed after "+inAWeek)
	// alice is the last by name, so all others have been processed when she is removed.
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Register("alice")).Want(t, http.StatusOK, "Welcome, alice")
	p.Exec(`INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ('alice', 'due-30', now(), now())`)
	portaltest.NewClient(t, site).Submit("/login/", "username", "Alice@people.example", "password", "not the right one").Want(t, http.StatusUnprocessableEntity)
	p.DeleteTenants("alice")
	endRetention(t, p, "alice")
	alice.Get("/").Want(t, http.StatusOK, "Start with the first sentence")

	aWeekPasses(t, p, "zoe", "alice")
	p.WaitCount("the accounts are removed", 0, `SELECT count(*) FROM public.users WHERE username IN ('alice', 'zoe')`)
	if n := p.Count(`SELECT count(*) FROM public.users WHERE username IN ('root-eve', 'carol', 'dave', 'erin', 'fred')`); n != 5 {
		t.Errorf("%d of 5 accounts are left", n)
	}
	if n := p.Count(`SELECT (SELECT count(*) FROM public.sessions s LEFT JOIN public.users u ON u.id = s.user_id WHERE u.id IS NULL)
		+ (SELECT count(*) FROM public.notices WHERE tenant = 'alice') + (SELECT count(*) FROM public.attempts WHERE subject LIKE 'alice%')
		+ (SELECT count(*) FROM public.outbox WHERE subject LIKE 'alice%' OR payload::text LIKE '%alice%') + (SELECT count(*) FROM public.mail_tokens WHERE user_id IS NOT NULL)`); n != 0 {
		t.Errorf("%d rows refer to a removed account", n)
	}
	p.Wait("both are counted, and logged once", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, metrics, "", "/metrics")
		if err != nil {
			return err
		}
		if removed := strings.Count(p.Logs(), removedLine); removed != 2 || !strings.Contains(answer.Body, "echoblogs_accounts_removed_total 2\n") {
			return fmt.Errorf("the log has %d accounts", removed)
		}
		return nil
	})
	portaltest.NewClient(t, site).Submit("/login/", "username", "alice", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "Wrong user name, email address or password.")
	again := portaltest.NewClient(t, site)
	again.AwaitHome(p, again.Register("alice")).Want(t, http.StatusOK, "Welcome, alice")
	portaltest.LogIn(t, site, "alice", portaltest.Password)
}

// Accounts are not removed by a stale cache: the API server is read first.
func TestAccountsAreKeptDuringAPIServerOutage(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	proxy := p.ProxyPortalAPI()
	site := p.StartPortal(0)
	proxy.Stall()
	// A Tenant that is missing from the cache and from the registry.
	p.CreateTenant("freds", platformtest.WithSpec(v1alpha1.TenantSpec{Domain: "elsewhere.example", Owner: &v1alpha1.TenantOwner{Username: "fred"}}))
	portaltest.AddUser(t, p, "fred")
	aWeekPasses(t, p, "fred")
	p.Wait("the sweeper has failed to read the API server", func(context.Context) error {
		if !strings.Contains(p.Logs(), `"job":"remove accounts"`) {
			return portaltest.ErrNotYet
		}
		return nil
	})
	if n := p.Count(`SELECT count(*) FROM public.users WHERE username = 'fred'`); n != 1 {
		t.Error("the account was removed, and has a Tenant")
	}
	proxy.Restore()
	p.DeleteTenants("freds")
	p.WaitCount("the account is removed", 0, `SELECT count(*) FROM public.users WHERE username = 'fred'`)
	portaltest.NewClient(t, site).Submit("/login/", "username", "fred", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "Wrong user name, email address or password.")
}

// An account outlives a manifest that names another owner by mistake for less than a week.
func TestAccountSurvivesATemporaryOwnerChange(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	shop, bob, carol := portaltest.Name("shop"), portaltest.Name("bob"), portaltest.Name("carol")
	p.CreateTenant(shop, platformtest.WithSpec(v1alpha1.TenantSpec{Owner: &v1alpha1.TenantOwner{Username: bob}}))
	p.WaitTenantsReady(shop)
	portaltest.AddUser(t, p, bob)
	own := func(username string) {
		t.Helper()
		if err := p.Edit(t.Context(), shop, func(t *v1alpha1.Tenant) { t.Spec.Owner.Username = username }); err != nil {
			t.Fatal(err)
		}
	}
	own(carol)
	p.WaitCount("bob is known to have no blog", 1, `SELECT count(*) FROM public.users WHERE username = $1 AND orphaned_since IS NOT NULL`, bob)
	portaltest.NewClient(t, site).Submit("/login/", "username", bob, "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "This account no longer has a blog. It is removed a week after its last blog was removed. If you think this is a mistake, contact support.")
	portaltest.NewClient(t, site).Register(bob).Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
	own(bob)
	p.WaitCount("bob has a blog again", 1, `SELECT count(*) FROM public.users WHERE username = $1 AND orphaned_since IS NULL`, bob)
	portaltest.LogIn(t, site, bob, portaltest.Password).Get("/").Want(t, http.StatusOK, "Welcome, "+bob)
}
