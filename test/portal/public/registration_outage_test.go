package public_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// While the API server is unavailable, sign-ups fail with an explanation and leave nothing behind.
func TestRegistrationWithoutAPIServer(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	proxy := p.ProxyPortalAPI()
	site := p.StartPortal(0, "--registrations-per-hour=2")
	v := portaltest.NewClient(t, site)
	proxy.Cut()
	v.Register("alice").Want(t, http.StatusServiceUnavailable, "Blogs cannot be created right now", "Neither an account nor a blog was created.")
	v.Register("alice").Want(t, http.StatusUnprocessableEntity, "A failed sign-up with this name or email address is still being rolled back. Try again in a minute.")
	proxy.Restore()
	wantNothing(t, p, site, "alice")

	// If the response is lost, the Tenant that was created is rolled back, too.
	release := lock(t, p, "tenants")
	proxy.Stall()
	answer := v.SendRegistration("bob")
	p.WaitCount("the account exists", 1, `SELECT count(*) FROM public.registrations WHERE username = 'bob'`)
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	shown.Want(t, http.StatusServiceUnavailable, "Neither an account nor a blog was created.")
	proxy.Restore() // the request reaches the API server after all
	release()
	wantNothing(t, p, site, "bob")
}

// While the database is unavailable, sign-ups fail with an explanation and leave nothing behind.
func TestRegistrationWithoutDatabase(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	proxy := p.ProxyPortalDatabase()
	site := p.StartPortal(0)
	v := portaltest.NewClient(t, site)
	proxy.Cut()
	v.Register("alice").Want(t, http.StatusServiceUnavailable, "The database is unavailable", "Nothing was changed")
	proxy.Restore()
	wantNothing(t, p, site, "alice")

	// Once the Tenant exists, the sign-up completes after any outage of the database.
	release := lock(t, p, "tenants")
	v = portaltest.NewClient(t, site)
	answer := v.SendRegistration("bob")
	p.WaitTenant("bob")
	proxy.Cut()
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	shown.Want(t, http.StatusServiceUnavailable, "The database is unavailable")
	proxy.Restore()
	release()
	p.Wait("bob sees the home page", func(context.Context) error {
		if shown := v.Get("/register/progress/"); shown.URL.Path != "/" || shown.Status != http.StatusOK {
			return fmt.Errorf("%s answers %d", shown.URL, shown.Status)
		}
		return nil
	})
	v.Get("/").Want(t, http.StatusOK, "Welcome, bob")
}

// When the page says that nothing was changed, that is true, even if the database had committed and only its response was
// lost.
func TestRegistrationLosesACommitResponse(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	// The commit of a registration waits for an advisory lock of the test.
	p.Exec(`CREATE FUNCTION public.wait_in_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'`)
	p.Exec(`CREATE CONSTRAINT TRIGGER wait_in_commit AFTER INSERT ON public.registrations DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION public.wait_in_commit()`)
	held, err := p.Admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.Exec(t.Context(), `SELECT pg_advisory_xact_lock(1)`); err != nil {
		t.Fatal(err)
	}
	proxy := p.ProxyPortalDatabase()
	site := p.StartPortal(0)
	answer := portaltest.NewClient(t, site).SendRegistration("alice")
	p.WaitCount("the commit waits", 1, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	proxy.Stall()
	if err := held.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.WaitCount("the registration exists", 1, `SELECT count(*) FROM public.registrations WHERE username = 'alice'`)
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	shown.Want(t, http.StatusServiceUnavailable, "The database is unavailable", "Nothing was changed")
	proxy.Restore()
	wantNothing(t, p, site, "alice")
}
