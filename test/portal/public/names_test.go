package public_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// No page suggests a name that the sign-up form then refuses: not that of a deleted blog, of staff, or of an account
// without a blog; and the form says at once that the name in a link is taken.
func TestSuggestedNamesAreFree(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, carol, eve, soul := portaltest.Name("alice"), portaltest.Name("carol"), portaltest.Name("eve"), portaltest.Name("soul")
	lost := "lost-" + soul
	portaltest.AddAccount(t, p, alice)
	portaltest.NewStaffAs(t, p, site, eve)
	portaltest.AddUser(t, p, lost)
	here, there := portaltest.NewClient(t, site), portaltest.NewClient(t, site)
	there.RouteToBlog(p, alice+"."+stack.Domain)
	// Its own route is missing, for example because no pod of the blog is ready.
	unavailable := here.Get("http://"+alice+"."+stack.Domain+"/a-post/").Want(t, http.StatusServiceUnavailable, "This blog is temporarily unavailable").Without(t, "/register/?")
	if after, err := strconv.Atoi(unavailable.Header.Get("Retry-After")); err != nil || after < 1 {
		t.Errorf("Retry-After is %q", unavailable.Header.Get("Retry-After"))
	}
	p.DeleteTenants(alice)
	for _, v := range []*portaltest.Client{here, there} {
		p.Wait("the page of the deleted blog does not offer its name", func(context.Context) error {
			shown := v.Get("http://" + alice + "." + stack.Domain + "/")
			if shown.Status != http.StatusNotFound || !strings.Contains(shown.Body, "The name "+alice+" is not available for a new blog.") || strings.Contains(shown.Body, "/register/?") {
				return fmt.Errorf("it has the status %d:\n%s", shown.Status, shown.Body)
			}
			return nil
		})
	}
	for _, name := range []string{eve, lost} {
		here.Get("http://"+name+"."+stack.Domain+"/").Want(t, http.StatusNotFound, "The name "+name+" is not available for a new blog.").Without(t, "/register/?")
	}
	const taken = `<span class="refused" id="username.refused" role="alert">This name is taken. Choose another one.</span>`
	for _, name := range []string{alice, strings.ToUpper(alice), eve, lost} {
		here.Get("/register/?username="+name).Want(t, http.StatusOK, taken, `value="`+name+`"`)
	}
	here.Get("/register/?username=www").Want(t, http.StatusOK, "This name is reserved for the platform itself: choose another name.")
	for _, name := range []string{carol, "%ff", "%00"} {
		here.Get("/register/?username="+name).Want(t, http.StatusOK, "<h1>Sign up</h1>").Without(t, "This name is taken.")
	}
	here.Get("/register/").Want(t, http.StatusOK).Without(t, `role="alert"`)

	// The form suggests a hyphen instead of an underscore only if that name is free.
	here.Register("lost_"+soul).Want(t, http.StatusUnprocessableEntity, "which cannot contain an underscore: choose another one.").Without(t, "use "+lost)
	here.Register("found_"+soul).Want(t, http.StatusUnprocessableEntity, "which cannot contain an underscore: use found-"+soul+".")

	// One network cannot ask about any number of names, and free and taken ones then look the same.
	p.Exec(`UPDATE public.attempts SET refused_until = now() + interval '1 hour' WHERE kind = 'register-name' AND subject = $1`, site.ClientAddress)
	for _, name := range []string{carol, lost} {
		here.Get("http://"+name+"."+stack.Domain+"/").Want(t, http.StatusNotFound, "There is no blog at this address").Without(t, "/register/?", "not available")
		here.Get("/register/?username="+name).Want(t, http.StatusOK).Without(t, "This name is taken.")
	}
}
