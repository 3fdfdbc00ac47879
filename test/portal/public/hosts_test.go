package public_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	_, site := portaltest.NewSite(t)
	v := portaltest.NewClient(t, site)
	v.Get("/").Want(t, http.StatusOK, "A blog of your own", `href="/register/"`)
	v.Get("/login").Want(t, http.StatusOK, "<h1>Log in</h1>")
	v.Get("/nowhere/").Want(t, http.StatusNotFound, "Page not found")

	// The page of a free host offers to register it. Other hosts are not found.
	v.Get("http://carol."+stack.Domain+"/").Want(t, http.StatusNotFound, "carol."+stack.Domain, "http://"+stack.Domain+"/register/?username=carol")
	v.Get("http://www.carol.org/").Want(t, http.StatusNotFound, "www.carol.org", "that its DNS record points here.")

	// An IP address redirects to the public site.
	v.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if to := v.Get("http://127.0.0.1/login/").Want(t, http.StatusSeeOther).Header.Get("Location"); to != "http://"+stack.Domain+"/login/" {
		t.Errorf("an address leads to %q", to)
	}
}
