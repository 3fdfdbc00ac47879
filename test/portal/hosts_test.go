package portal_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	_, site := newSite(t)
	v := newVisitor(t, site)
	v.get("/").want(t, http.StatusOK, "A blog of your own", `href="/register/"`)
	v.get("/login").want(t, http.StatusOK, "Log in")
	v.get("/nowhere/").want(t, http.StatusNotFound, "There is no such page")

	// A name that somebody may register is offered; whatever else leads nowhere.
	v.get("http://carol."+stack.Domain+"/").want(t, http.StatusNotFound, "carol."+stack.Domain, "http://"+stack.Domain+"/register/?username=carol")
	v.get("http://www.carol.org/").want(t, http.StatusNotFound, "www.carol.org", "DNS record")

	// An address is no host of anybody, and leads to the site's name.
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if to := v.get("http://127.0.0.1/login/").want(t, http.StatusSeeOther).Header.Get("Location"); to != "http://"+stack.Domain+"/login/" {
		t.Errorf("an address leads to %q", to)
	}
}
