package public_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// lock blocks all writes to a table until release is called.
func lock(t *testing.T, p *stack.Platform, table string) (release func()) {
	t.Helper()
	tx, err := p.Admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE `+pgx.Identifier{"public", table}.Sanitize()+` IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// outcome waits until a sign-up is in a final state, and reports whether it is live. It returns an error if the sign-up has
// left only some of user, schema and Tenant.
func outcome(ctx context.Context, p *stack.Platform, name string) (live bool, err error) {
	err = p.Await(ctx, "the registration of "+name+" has ended", func(ctx context.Context) error {
		var underWay, users, active, schemas int
		if err := p.Admin.QueryRow(ctx, `SELECT
			(SELECT count(*) FROM public.registrations WHERE username = $1 AND state NOT IN ('live', 'failed')),
			(SELECT count(*) FROM public.users WHERE username = $1), (SELECT count(*) FROM public.users WHERE username = $1 AND state = 'active'),
			(SELECT count(*) FROM pg_namespace WHERE nspname = $2)`, name, strings.ReplaceAll(name, "-", "_")).
			Scan(&underWay, &users, &active, &schemas); err != nil {
			return err
		}
		var tenant v1alpha1.Tenant
		err := p.Client.Get(ctx, p.Key(name), &tenant)
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		live = err == nil && meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady)
		switch {
		case underWay != 0:
			return errors.New("it is in progress")
		case live && users == 1 && active == 1 && schemas == 1:
			return nil
		case err != nil && users == 0 && schemas == 0:
			return nil
		}
		return fmt.Errorf("%d users, of whom %d are active, %d schemas, Tenant: %v, Ready: %v", users, active, schemas, err == nil, live)
	})
	return live, err
}

// wantLive fails the test unless a sign-up has created a blog whose owner can log in.
func wantLive(t *testing.T, p *stack.Platform, site *stack.Portal, name string) {
	t.Helper()
	if live, err := outcome(t.Context(), p, name); err != nil || !live {
		t.Fatalf("%s is not live: %v", name, err)
	}
	portaltest.LogIn(t, site, name, portaltest.Password)
}

// wantNothing fails the test unless nothing is left of a sign-up, and the name can be registered.
func wantNothing(t *testing.T, p *stack.Platform, site *stack.Portal, name string) {
	t.Helper()
	if live, err := outcome(t.Context(), p, name); err != nil || live {
		t.Fatalf("something is left of %s: live %v, %v", name, live, err)
	}
	v := portaltest.NewClient(t, site)
	var shown portaltest.Page
	p.Wait(name+" can register", func(context.Context) error {
		// The first request after an outage may still get a broken connection.
		if shown = v.Register(name); shown.Status == http.StatusServiceUnavailable {
			return errors.New(shown.Body)
		}
		return nil
	})
	v.AwaitHome(p, shown).Want(t, http.StatusOK, "Welcome, "+name)
}

// The public site is killed at each step of a sign-up, and the next replica resumes it.
func TestRegistrationIsKilledAtEachStep(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	proxy := p.ProxyPortalAPI()
	start := func() *stack.Portal { return p.StartPortal(0, "--registrations-per-hour=1000") }
	site := start()
	kill := func(wait func() (portaltest.Page, error)) {
		t.Helper()
		site.Kill()
		if shown, err := wait(); err == nil {
			t.Fatalf("the form was answered before the public site was killed:\n%s", shown.Body)
		}
	}

	// The account exists, but the request for the Tenant has not reached the API server.
	proxy.Stall()
	answer := portaltest.NewClient(t, site).SendRegistration("at-account")
	p.WaitCount("the account exists", 1, `SELECT count(*) FROM public.registrations WHERE username = 'at-account'`)
	kill(answer)
	proxy.Cut()
	proxy.Restore()
	site = start()

	// The Tenant exists, but the operator has not reconciled it.
	release := lock(t, p, "tenants")
	answer = portaltest.NewClient(t, site).SendRegistration("at-tenant")
	p.WaitTenant("at-tenant")
	kill(answer)
	release()
	site = start()

	// The blog is live, but the account is not active.
	release = lock(t, p, "tenants")
	answer = portaltest.NewClient(t, site).SendRegistration("at-ready")
	p.WaitTenant("at-ready")
	releaseUsers := lock(t, p, "users")
	release()
	p.WaitCondition("at-ready", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	kill(answer)
	releaseUsers()
	site = start()

	// The account is active, but the browser has no session.
	release = lock(t, p, "sessions")
	answer = portaltest.NewClient(t, site).SendRegistration("at-session")
	p.WaitCount("the account is active", 1, `SELECT count(*) FROM public.users WHERE username = 'at-session' AND state = 'active'`)
	kill(answer)
	release()
	site = start()

	// The sign-up has failed and is being rolled back.
	release = lock(t, p, "tenants")
	answer = portaltest.NewClient(t, site).SendRegistration("at-rollback")
	p.WaitTenant("at-rollback")
	p.Exec(`CREATE SCHEMA at_rollback`)
	releaseUsers = lock(t, p, "users")
	release()
	p.WaitCount("the registration is being rolled back", 1, `SELECT count(*) FROM public.registrations WHERE username = 'at-rollback' AND state = 'rolling_back'`)
	site.Kill()
	_, _ = answer() // the response may have been that the name is taken
	releaseUsers()
	p.Exec(`DROP SCHEMA at_rollback`)
	site = start()

	for _, name := range []string{"at-tenant", "at-ready", "at-session"} {
		wantLive(t, p, site, name)
	}
	for _, name := range []string{"at-account", "at-rollback"} {
		wantNothing(t, p, site, name)
	}
}

// A Tenant that is created after its sign-up has failed is rolled back.
func TestTenantAppearsLate(t *testing.T) {
	t.Parallel()
	p, _ := portaltest.SharedSite(t)
	name, registration := portaltest.Name("late"), string(uuid.NewUUID())
	p.Exec(`INSERT INTO public.registrations (id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES ($1, $2, 'failed', $3, 'unavailable', now(), now(), now())`, registration, name, []byte(name))
	late := tenant(name)
	late.Namespace = p.Namespace
	late.Annotations = map[string]string{v1alpha1.AnnotationRegistration: registration}
	late.Spec.Owner = &v1alpha1.TenantOwner{Username: name}
	portal := p.Impersonate("system:serviceaccount:" + p.Namespace + ":echoblogs-portal") // only it may set the annotation
	if err := portal.Create(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitGone(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if live, err := outcome(t.Context(), p, name); err != nil || live {
		t.Fatalf("something is left: live %v, %v", live, err)
	}
}
