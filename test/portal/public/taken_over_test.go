package public_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// The public site of an installation whose database another one has taken over changes nothing, and says so.
func TestDatabaseTakenOver(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	v := portaltest.NewClient(t, p.StartPortal(0))
	v.Get("/register/").Want(t, http.StatusOK)
	p.Exec(`UPDATE public.installation SET namespace_uid = 'another-' || namespace_uid`)
	p.Wait("the site says that it has moved", func(context.Context) error {
		if page := v.Get("/"); page.Status != http.StatusServiceUnavailable {
			return fmt.Errorf("it answers %d", page.Status)
		}
		return nil
	})
	for _, path := range []string{"/", "/login/", "/register/"} {
		v.Get(path).Want(t, http.StatusServiceUnavailable, "This site has moved", "Another installation manages its blogs now")
	}
	v.Submit("/register/", "username", "alice").Want(t, http.StatusServiceUnavailable, "nothing can be changed here")
	v.Get("/readyz").Want(t, http.StatusOK)
	if n := p.Count(`SELECT count(*) FROM public.registrations`); n != 0 {
		t.Errorf("there are %d registrations", n)
	}

	p.Exec(`UPDATE public.installation SET namespace_uid = replace(namespace_uid, 'another-', '')`)
	p.Wait("the site works again", func(context.Context) error {
		if page := v.Get("/"); page.Status != http.StatusOK {
			return fmt.Errorf("it answers %d", page.Status)
		}
		return nil
	})
	v.AwaitHome(p, v.Register("alice")).Want(t, http.StatusOK, "Your blog is live")
}
