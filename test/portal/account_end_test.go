package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// removedLine is what the log says of each account that is removed.
const removedLine = "Removed an account that had no blog any more"

func deleteAtOnce(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete }

// deleteTenants deletes Tenants as kubectl does.
func deleteTenants(t *testing.T, p *stack.Platform, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := p.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if err := p.AwaitGone(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// endRetention has the tombstone of a Tenant purged.
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
	waitCount(p, "the tombstone is purged", 0, `SELECT count(*) FROM public.tenants WHERE name = $1`, name)
}

// aWeekPasses waits until the site knows that accounts have no blog, and has that be a week ago.
func aWeekPasses(t *testing.T, p *stack.Platform, usernames ...string) {
	t.Helper()
	waitCount(p, "it is known that they have no blog", len(usernames),
		`SELECT count(*) FROM public.users WHERE username = ANY ($1) AND blogless_since IS NOT NULL`, usernames)
	p.Exec(`UPDATE public.users SET blogless_since = blogless_since - interval '7 days' WHERE username = ANY ($1)`, usernames)
}

// A blog that was deleted takes the account along, once nobody can bring it back: then name and address are free.
func TestAccountEndsWithItsBlog(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	alice := newVisitor(t, site)
	alice.home(p, alice.register("alice")).want(t, http.StatusOK, "Welcome, alice")
	alice.submit("/account/alice/domains/", "host", "www.alice.org").want(t, http.StatusOK)
	const asDay = "2 January 2006"
	until, end := time.Now().UTC().AddDate(0, 0, 30).Format(asDay), time.Now().UTC().AddDate(0, 0, 37).Format(asDay)
	alice.get("/account/alice/delete/").want(t, http.StatusOK, "are kept until "+until, "After "+end+" your account is removed, too.", "its user name and address are free")
	alice.submit("/account/alice/delete/", "name", "alice").want(t, http.StatusOK, "You are logged out.", "Your account is removed after "+end)
	if err := p.AwaitGone(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}

	// Who knows the password reads what can be done, and nobody else does.
	logInAs := func(password string) page {
		return newVisitor(t, site).submit("/login/", "username", "alice@people.example", "password", password)
	}
	logInAs(secret).want(t, http.StatusUnprocessableEntity, "Your blog alice was deleted. Until "+until+" those who run the site can bring it back: ask them. Afterwards this account is removed, too.")
	logInAs("not the right one").want(t, http.StatusUnprocessableEntity, "The user name, the address or the password is wrong.").without(t, "was deleted")
	newVisitor(t, site).register("alice").want(t, http.StatusUnprocessableEntity, "The name alice is taken", "This address is taken")

	// Two replicas look: bob, whose data was not kept, is removed once, and alice, whom they look at before, stays.
	addAccount(t, p, "bob", deleteAtOnce)
	deleteTenants(t, p, "bob")
	site.Kill()
	p.StartPortal(0)
	p.StartPortal(1)
	aWeekPasses(t, p, "bob")
	waitCount(p, "bob's account is removed", 0, `SELECT count(*) FROM public.users WHERE username = 'bob'`)
	if n := count(t, p, `SELECT count(*) FROM public.users WHERE username = 'alice'`); n != 1 {
		t.Error("the account is gone, and the blog could be restored")
	}
}

// After the purge nothing is left, and the same person may come again.
func TestAccountIsRemovedAfterThePurge(t *testing.T) {
	t.Parallel()
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	metrics := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p, site := newSite(t, "--metrics-address="+metrics)
	staff := newStaff(t, p, site)
	// Who is locked, and whose blog can be restored.
	addAccount(t, p, "carol", deleteAtOnce)
	staff.submit("/staff/users/carol/lock/").want(t, http.StatusOK, "The account is locked")
	addAccount(t, p, "dave")
	// Whose tombstone was set aside for somebody else's blog, and who owns a Tenant that has no schema yet.
	addAccount(t, p, "erin")
	addTenant(t, p, "freds", v1alpha1.TenantSpec{SchemaName: "dave", Owner: &v1alpha1.TenantOwner{Username: "fred"}})
	addUser(t, p, "fred")
	deleteTenants(t, p, "carol", "dave", "erin")
	p.Exec(`UPDATE public.tenants SET released_at = released_at - interval '2 minutes' WHERE name = 'erin'`) // nobody holds its host
	fresh := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "erin", Annotations: map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.OnTombstoneFresh}}}
	if err := p.Create(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, p, "erin")
	staff.get("/staff/users/carol/").want(t, http.StatusOK, "<dt>Removed</dt><dd>not while it is locked, though it has no blog</dd>")
	newVisitor(t, site).submit("/login/", "username", "erin", "password", secret).want(t, http.StatusUnprocessableEntity, "was deleted, and another one has its name")
	newVisitor(t, site).submit("/login/", "username", "fred", "password", secret).want(t, http.StatusUnprocessableEntity, "Your blog is not there yet, or not any more.")
	// Who was invited to a Tenant made by kubectl.
	addTenant(t, p, "zoe", v1alpha1.TenantSpec{DeletionPolicy: v1alpha1.DeletionPolicyDelete, Owner: &v1alpha1.TenantOwner{Username: "zoe", Email: "zoe@example.org"}})
	awaitReady(t, p, "zoe")
	printed, err := p.RunPortal(t.Context(), "invite", "zoe")
	link := wantLink(t, printed, err)
	zoe := newVisitor(t, site)
	zoe.submit("/invite/", "token", token(link), "password", secret, "confirm_password", secret).want(t, http.StatusOK, "Welcome, zoe")
	inAWeek := time.Now().UTC().AddDate(0, 0, 7).Format("2 January 2006")
	zoe.get("/account/zoe/delete/").want(t, http.StatusOK, "After "+inAWeek+" your account is removed")
	zoe.submit("/account/zoe/delete/", "name", "zoe").want(t, http.StatusOK, "Your account is removed after "+inAWeek)
	// And alice, the last one, so that all others have been looked at when she is removed.
	alice := newVisitor(t, site)
	alice.home(p, alice.register("alice")).want(t, http.StatusOK, "Welcome, alice")
	p.Exec(`INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ('alice', 'due-30', now(), now())`)
	newVisitor(t, site).submit("/login/", "username", "Alice@people.example", "password", "not the right one").want(t, http.StatusUnprocessableEntity)
	deleteTenants(t, p, "alice")
	endRetention(t, p, "alice")
	alice.get("/").want(t, http.StatusOK, "A blog of your own")

	aWeekPasses(t, p, "zoe", "alice")
	waitCount(p, "the accounts are removed", 0, `SELECT count(*) FROM public.users WHERE username IN ('alice', 'zoe')`)
	if n := count(t, p, `SELECT count(*) FROM public.users WHERE username IN ('root-eve', 'carol', 'dave', 'erin', 'fred')`); n != 5 {
		t.Errorf("%d of 5 accounts are left", n)
	}
	if n := count(t, p, `SELECT (SELECT count(*) FROM public.sessions s LEFT JOIN public.users u ON u.id = s.user_id WHERE u.id IS NULL)
		+ (SELECT count(*) FROM public.notices WHERE tenant = 'alice') + (SELECT count(*) FROM public.attempts WHERE subject LIKE 'alice%')
		+ (SELECT count(*) FROM public.mails WHERE recipient LIKE 'alice%') + (SELECT count(*) FROM public.mail_tokens WHERE user_id IS NOT NULL)`); n != 0 {
		t.Errorf("%d rows tell of an account that was removed", n)
	}
	p.Wait("both are counted, and told of once", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, metrics, "", "/metrics")
		if err != nil {
			return err
		}
		if removed := strings.Count(p.Logs(), removedLine); removed != 2 || !strings.Contains(answer.Body, "echoblogs_portal_accounts_removed_total 2\n") {
			return fmt.Errorf("the log tells of %d accounts", removed)
		}
		return nil
	})
	newVisitor(t, site).submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity, "The user name, the address or the password is wrong.")
	again := newVisitor(t, site)
	again.home(p, again.register("alice")).want(t, http.StatusOK, "Welcome, alice")
	logIn(t, site, "alice", secret)
}

// A watch that has fallen behind removes nobody: the API server is asked.
func TestAccountsStayWhileTheClusterIsSilent(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	proxy := p.ProxyPortalAPI()
	site := p.StartPortal(0)
	proxy.Stall()
	// A Tenant that the site has not heard of, without a row in the database.
	addTenant(t, p, "freds", v1alpha1.TenantSpec{Domain: "elsewhere.example", Owner: &v1alpha1.TenantOwner{Username: "fred"}})
	addUser(t, p, "fred")
	aWeekPasses(t, p, "fred")
	p.Wait("the sweeper has asked in vain", func(context.Context) error {
		if !strings.Contains(p.Logs(), `"what":"remove accounts"`) {
			return errNotYet
		}
		return nil
	})
	if n := count(t, p, `SELECT count(*) FROM public.users WHERE username = 'fred'`); n != 1 {
		t.Error("the account was removed, and has a Tenant")
	}
	proxy.Restore()
	deleteTenants(t, p, "freds")
	waitCount(p, "the account is removed", 0, `SELECT count(*) FROM public.users WHERE username = 'fred'`)
	newVisitor(t, site).submit("/login/", "username", "fred", "password", secret).want(t, http.StatusUnprocessableEntity, "The user name, the address or the password is wrong.")
}

// A manifest that names another owner by mistake can be put right: the account waits for it.
func TestAccountOutlivesAMistakenOwner(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addTenant(t, p, "shop", v1alpha1.TenantSpec{Owner: &v1alpha1.TenantOwner{Username: "bob"}})
	awaitReady(t, p, "shop")
	addUser(t, p, "bob")
	own := func(username string) {
		t.Helper()
		if err := p.Edit(t.Context(), "shop", func(t *v1alpha1.Tenant) { t.Spec.Owner.Username = username }); err != nil {
			t.Fatal(err)
		}
	}
	own("carol")
	waitCount(p, "bob is known to have no blog", 1, `SELECT count(*) FROM public.users WHERE username = 'bob' AND blogless_since IS NOT NULL`)
	newVisitor(t, site).submit("/login/", "username", "bob", "password", secret).want(t, http.StatusUnprocessableEntity, "This account has no blog any more.", "ask those who run the site")
	newVisitor(t, site).register("bob").want(t, http.StatusUnprocessableEntity, "The name bob is taken")
	own("bob")
	waitCount(p, "bob has a blog again", 1, `SELECT count(*) FROM public.users WHERE username = 'bob' AND blogless_since IS NULL`)
	logIn(t, site, "bob", secret).get("/").want(t, http.StatusOK, "Welcome, bob")
}

// What is under way keeps an account, for as long as it is.
func TestAccountsStayForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const tenant = `INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at)
		VALUES ($2, $2, $1, 1, $2, $2, now(), now(), now(), now())`
	const invitation = `INSERT INTO public.mail_tokens (token_hash, purpose, tenant, username, email, expires_at)
		VALUES (sha256($2::text::bytea), 'invite', 'blog', $2, '', now() + $1::text::interval)`
	const registration = `INSERT INTO public.registrations (id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES (gen_random_uuid(), $2, $1, sha256($2::text::bytea), '', now(), now(), now())`
	const mail = `INSERT INTO public.mails (kind, recipient, tenant, detail, attempts, next_at, created_at) VALUES ($1, '', 'blog', $2, 0, now(), now())`
	for _, c := range []struct {
		username, sql, argument string
		stays                   bool
	}{
		{"live", tenant, "live", true}, {"tombstone", tenant, "tombstone", true}, {"superseded", tenant, "superseded", true}, {"released", tenant, "released", false},
		{"invited", invitation, "1 day", true}, {"invited-late", invitation, "-1 day", false},
		{"confirming", registration, "confirming", true}, {"provisioning", registration, "provisioning", true}, {"undoing", registration, "undoing", true},
		{"registered", registration, "live", false}, {"failed", registration, "failed", false},
		{"inviting", mail, "invite", true}, {"reset", mail, "reset", false},
	} {
		id := addUser(t, p, c.username)
		p.Exec(c.sql, c.argument, c.username)
		p.Exec(`UPDATE public.users SET blogless_since = now() - interval '7 days' WHERE id = $1`, id)
		removed, err := account.RemoveBlogless(t.Context(), p.Admin, id, time.Now())
		if err != nil || removed == c.stays {
			t.Errorf("%s is removed: %v, error %v", c.username, removed, err)
		}
		if _, err := account.FindUser(t.Context(), p.Admin, c.username); (err == nil) != c.stays {
			t.Errorf("%s is looked for: %v", c.username, err)
		}
	}
}
