package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/":                                 "/",
		"/write/?page=2":                    "/write/?page=2",
		"/account/alice/#domains":           "/account/alice/#domains",
		"/register/?utm=a\\b//c/../d":       "/register/?utm=a\\b//c/../d",
		"/caf%C3%A9/":                       "/caf%C3%A9/",
		"":                                  "/home/",
		"write/":                            "/home/",
		"?next=/":                           "/home/",
		"//evil.example.org/":               "/home/",
		"///evil.example.org/":              "/home/",
		"/%2fevil.example.org/..%2faccount": "/home/",
		"/%2Fevil.example.org/":             "/home/",
		"/..//evil.example.org/":            "/home/",
		"/./evil.example.org/":              "/home/",
		"/%2e%2e/evil.example.org/":         "/home/",
		"/account//":                        "/home/",
		"/\\evil.example.org/":              "/home/",
		"/%5cevil.example.org/":             "/home/",
		"/\tevil":                           "/home/",
		"/\r\nevil":                         "/home/",
		" /write/":                          "/home/",
		"https://evil.example":              "/home/",
		"https:evil.example":                "/home/",
		"javascript:alert(1)":               "/home/",
		"/%zz":                              "/home/",
	} {
		if got := web.LocalPath(next, "/home/"); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	type redirect = func(http.ResponseWriter, *http.Request)
	local := func(to string) redirect {
		return func(w http.ResponseWriter, r *http.Request) { web.SeeOther(w, r, to) }
	}
	site := func(base, to string) redirect {
		return func(w http.ResponseWriter, r *http.Request) { web.SeeOtherSite(w, r, base, to) }
	}
	move := func(to string) redirect {
		return func(w http.ResponseWriter, r *http.Request) { web.Move(w, r, to) }
	}
	for name, test := range map[string]struct {
		redirect redirect
		status   int
		want     string
	}{
		"a page":                        {local("/login/?next=%2Fwrite%2F"), http.StatusSeeOther, "/login/?next=%2Fwrite%2F"},
		"a page of another site":        {local("https://evil.example/"), http.StatusSeeOther, "/"},
		"a page of another host":        {local("//evil.example/../account/"), http.StatusSeeOther, "/"},
		"the public site":               {site("https://example.org", "/register/?username=carol"), http.StatusSeeOther, "https://example.org/register/?username=carol"},
		"the public site, with a slash": {site("https://example.org/", "/login/"), http.StatusSeeOther, "https://example.org/login/"},
		"a longer host":                 {site("https://example.org", ".evil.example/"), http.StatusSeeOther, "https://example.org/"},
		"a host after a user":           {site("https://example.org", "@evil.example/"), http.StatusSeeOther, "https://example.org/"},
		"another site":                  {func(w http.ResponseWriter, r *http.Request) { web.MoveSite(w, r, "https://example.org") }, http.StatusPermanentRedirect, "https://example.org/page?utm=x&from=//mail"},
		"a path":                        {move("/a-post/"), http.StatusMovedPermanently, "/a-post/?utm=x&from=//mail"},
		"a path like a host":            {move("//evil.example/"), http.StatusMovedPermanently, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			test.redirect(w, httptest.NewRequest(http.MethodGet, "/page?utm=x&from=//mail", nil))
			if got := w.Header().Get("Location"); w.Code != test.status || got != test.want {
				t.Errorf("got %d %q, want %d %q", w.Code, got, test.status, test.want)
			}
		})
	}
}
