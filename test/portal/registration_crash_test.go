package portal_test

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

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// lock keeps everybody from writing into a table until release is called.
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

// send sends a form that nobody waits for the answer of. The function that it returns waits until the connection is
// closed, or the answer is there.
func (v *visitor) send(name string, further ...string) (wait func() (page, error)) {
	v.t.Helper()
	type answer struct {
		page page
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		p, err := v.try(v.t.Context(), http.MethodPost, "/register/", formBody(append(registration(name), further...)...), formHeader)
		answered <- answer{p, err}
	}()
	return func() (page, error) {
		a := <-answered
		return a.page, a.err
	}
}

// waitCount waits until a query returns a number.
func waitCount(p *stack.Platform, what string, want int, sql string, arguments ...any) {
	p.Wait(what, func(ctx context.Context) error {
		var n int
		if err := p.Admin.QueryRow(ctx, sql, arguments...).Scan(&n); err != nil {
			return err
		}
		if n != want {
			return fmt.Errorf("%s: %d, want %d", sql, n, want)
		}
		return nil
	})
}

// waitTenant waits until a Tenant is there, with a condition that is true where one is named.
func waitTenant(p *stack.Platform, name, condition string) {
	p.Wait(name+" is there", func(ctx context.Context) error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(ctx, p.Key(name), &tenant); err != nil {
			return err
		}
		if condition != "" && !meta.IsStatusConditionTrue(tenant.Status.Conditions, condition) {
			return fmt.Errorf("%s is not %s", name, condition)
		}
		return nil
	})
}

// outcome waits until nobody has anything left to do about a registration, and reports whether it is live. It returns an
// error unless there is everything or nothing.
func outcome(ctx context.Context, p *stack.Platform, name string) (live bool, err error) {
	err = p.Await(ctx, "the registration of "+name+" is over", func(ctx context.Context) error {
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
			return errors.New("it is under way")
		case live && users == 1 && active == 1 && schemas == 1:
			return nil
		case err != nil && users == 0 && schemas == 0:
			return nil
		}
		return fmt.Errorf("%d users, of whom %d are active, %d schemas, Tenant: %v, Ready: %v", users, active, schemas, err == nil, live)
	})
	return live, err
}

// wantLive fails the test unless a registration has come to a blog, whose owner can log in.
func wantLive(t *testing.T, p *stack.Platform, site *stack.Portal, name string) {
	t.Helper()
	if live, err := outcome(t.Context(), p, name); err != nil || !live {
		t.Fatalf("%s is not live: %v", name, err)
	}
	logIn(t, site, name, secret)
}

// wantNothing fails the test unless nothing is left of a registration, and the name can be registered.
func wantNothing(t *testing.T, p *stack.Platform, site *stack.Portal, name string) {
	t.Helper()
	if live, err := outcome(t.Context(), p, name); err != nil || live {
		t.Fatalf("something is left of %s: live %v, %v", name, live, err)
	}
	v := newVisitor(t, site)
	var shown page
	p.Wait(name+" can register", func(context.Context) error {
		// That a connection was cut is found out by who uses it next.
		if shown = v.register(name); shown.Status == http.StatusServiceUnavailable {
			return errors.New(shown.Body)
		}
		return nil
	})
	v.home(p, shown).want(t, http.StatusOK, "Welcome, "+name)
}

// The public site is killed at each step of a registration, and others go on where it was.
func TestRegistrationIsKilledAtEachStep(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	proxy := p.ProxyPortalAPI()
	start := func() *stack.Portal { return p.StartPortal(0, "--registrations-per-hour=1000") }
	site := start()
	kill := func(wait func() (page, error)) {
		t.Helper()
		site.Kill()
		if shown, err := wait(); err == nil {
			t.Fatalf("the form was answered before the public site was killed:\n%s", shown.Body)
		}
	}

	// The account is written down, and the request for the Tenant has not reached the API server.
	proxy.Stall()
	answer := newVisitor(t, site).send("at-account")
	waitCount(p, "the account is written down", 1, `SELECT count(*) FROM public.registrations WHERE username = 'at-account'`)
	kill(answer)
	proxy.Cut()
	proxy.Restore()
	site = start()

	// The Tenant is made, and the operator has done nothing yet.
	release := lock(t, p, "tenants")
	answer = newVisitor(t, site).send("at-tenant")
	waitTenant(p, "at-tenant", "")
	kill(answer)
	release()
	site = start()

	// The blog is live, and the account cannot log in yet.
	release = lock(t, p, "tenants")
	answer = newVisitor(t, site).send("at-ready")
	waitTenant(p, "at-ready", "")
	releaseUsers := lock(t, p, "users")
	release()
	waitTenant(p, "at-ready", v1alpha1.ConditionReady)
	kill(answer)
	releaseUsers()
	site = start()

	// The account can log in, and the browser does not know it yet.
	release = lock(t, p, "sessions")
	answer = newVisitor(t, site).send("at-session")
	waitCount(p, "the account is active", 1, `SELECT count(*) FROM public.users WHERE username = 'at-session' AND state = 'active'`)
	kill(answer)
	release()
	site = start()

	// The registration has failed, and the account is being removed.
	release = lock(t, p, "tenants")
	answer = newVisitor(t, site).send("at-undoing")
	waitTenant(p, "at-undoing", "")
	p.Exec(`CREATE SCHEMA at_undoing`)
	releaseUsers = lock(t, p, "users")
	release()
	waitCount(p, "the registration is being taken back", 1, `SELECT count(*) FROM public.registrations WHERE username = 'at-undoing' AND state = 'undoing'`)
	site.Kill()
	_, _ = answer() // which may have said that the name is taken
	releaseUsers()
	p.Exec(`DROP SCHEMA at_undoing`)
	site = start()

	for _, name := range []string{"at-tenant", "at-ready", "at-session"} {
		wantLive(t, p, site, name)
	}
	for _, name := range []string{"at-account", "at-undoing"} {
		wantNothing(t, p, site, name)
	}
}

// A Tenant that the API server makes of a registration that has failed is taken back.
func TestTenantTurnsUpLate(t *testing.T) {
	t.Parallel()
	p, _ := newSite(t)
	p.Exec(`INSERT INTO public.registrations (id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES ('4e1c6a0e-0000-4000-8000-000000000001', 'late', 'failed', '\x00', 'It failed.', now(), now(), now())`)
	late := tenant("late")
	late.Annotations = map[string]string{v1alpha1.AnnotationRegistration: "4e1c6a0e-0000-4000-8000-000000000001"}
	late.Spec.Owner = &v1alpha1.TenantOwner{Username: "late"}
	if err := p.Create(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitGone(t.Context(), "late"); err != nil {
		t.Fatal(err)
	}
	if live, err := outcome(t.Context(), p, "late"); err != nil || live {
		t.Fatalf("something is left: live %v, %v", live, err)
	}
}
