package public_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	_, site := portaltest.SharedSite(t)
	v := portaltest.NewClient(t, site)
	v.Get("/").Want(t, http.StatusOK, "Start with the first sentence.", `href="/register/"`)
	v.Get("/login").Want(t, http.StatusOK, "<h1>Log in</h1>")
	v.Get("/nowhere/").Want(t, http.StatusNotFound, "Page not found")

	// The page of a free host offers to register it. Other hosts are not found.
	v.Get("http://carol."+stack.Domain+"/").Want(t, http.StatusNotFound, "carol."+stack.Domain, "http://"+stack.Domain+"/register/?username=carol")
	v.Get("http://www.carol.org/").Want(t, http.StatusNotFound, "www.carol.org", "that its DNS record points here.")

	// A missing slash is added, with the query kept. Paths that a browser could read as another host are not found.
	for path, want := range map[string]string{
		"/login?next=/account/":                "/login/?next=/account/",
		"/account/alice?utm=a//b":              "/account/alice/?utm=a//b",
		"/%2fevil.example/..%2faccount":        "",
		"/%2fevil.example/..%2f..%2flogin?a=b": "",
		"/%5cevil.example/..%2flogin":          "",
		"/.%2flogin":                           "",
		"/account/..%2f..%2f%2fevil.example":   "/evil.example/",
		"/account/..%2f..%2f":                  "/",
	} {
		got := v.Step(path)
		if to := got.Header.Get("Location"); to != want || want == "" && got.Status != http.StatusNotFound {
			t.Errorf("%s: status %d to %q, want %q", path, got.Status, to, want)
		}
	}

	// An IP address redirects to the public site.
	v.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if to := v.Get("http://127.0.0.1/login/").Want(t, http.StatusSeeOther).Header.Get("Location"); to != "http://"+stack.Domain+"/login/" {
		t.Errorf("an address leads to %q", to)
	}
}
