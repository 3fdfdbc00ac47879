package public_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// A statement that the server ends because of what else it does may succeed a moment later: the page says so.
func TestDatabaseBusy(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	v := portaltest.NewClient(t, p.StartPortal(0))
	p.Exec(`CREATE FUNCTION public.end_statement() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = TG_ARGV[0]; END'`)
	for name, code := range map[string]string{
		"cancelled": "57014", "lock not available": "55P03", "serialization failure": "40001", "deadlock": "40P01", "rolled back": "40000",
	} {
		p.Exec(`CREATE TRIGGER end_statement BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.end_statement('` + code + `')`)
		shown := v.Register("alice")
		shown.Want(t, http.StatusServiceUnavailable, "The database is busy", "Nothing was changed.", "Try again in a few seconds. No data is lost.")
		if after := shown.Header.Get("Retry-After"); after != "5" {
			t.Errorf("%s: Retry-After is %q, want 5", name, after)
		}
		p.Exec(`DROP TRIGGER end_statement ON public.users`)
	}
	v.AwaitHome(p, v.Register("alice")).Want(t, http.StatusOK, "Your blog is live")
}
