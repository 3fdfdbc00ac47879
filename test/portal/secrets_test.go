package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// Whatever is logged, every request included: no secret is in it.
func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0, "--access-log")
	site := p.StartPortal(0, "--access-log")
	v := newVisitor(t, site)
	v.findBlogs(p, aliceHost)
	secrets := map[string]string{"the password": secret, "a wrong password": "not the right one at all", "the next password": "another secret of hers"}
	keep := func(what, value string) {
		t.Helper()
		if len(value) < 10 {
			t.Fatalf("%s is %q, which is none", what, value)
		}
		secrets[what] = value
	}

	v.submit("/register/", "username", "alice", "email", "alice@example.org", "password", secret, "confirm_password", secret).
		want(t, http.StatusOK, "Your blog is live")
	keep("the session", v.cookie("http://"+stack.Domain+"/", "session"))

	// By way of the code to the blog, once as it is meant to be and once more in vain.
	authorize := v.step("http://"+aliceHost+"/login/?next=/write/").leads(t, "http://"+stack.Domain+"/authorize/")
	keep("the verifier", v.cookie("http://"+aliceHost+"/login/", "verifier"))
	callback := v.step(authorize).leads(t, "http://"+aliceHost+"/login/callback")
	parsed, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	keep("the code", parsed.Query().Get("code"))
	v.step(callback).leads(t, "/write/")
	v.step(callback)
	keep("the session on the blog", v.cookie("http://"+aliceHost+"/write/", "session"))

	confirm := waitLetters(p, site, "alice@example.org", "Confirm your address", 1).link(t, "/confirm/")
	keep("the token of a confirmation", token(confirm))
	v.get(confirm)
	v.submit("/confirm/", "token", token(confirm))
	v.submit("/reset/", "username", "alice@example.org")
	reset := waitLetters(p, site, "alice@example.org", "Choose a new password", 1).link(t, "/reset/password/")
	keep("the token of a reset", token(reset))
	v.get(reset)
	next := secrets["the next password"]
	v.submit("/reset/password/", "token", token(reset), "password", next, "confirm_password", next)
	v.submit("/login/", "username", "alice", "password", secrets["a wrong password"])
	v.get("/nowhere/?token="+token(reset)).want(t, http.StatusNotFound)

	logs := p.Logs()
	if !strings.Contains(logs, `"path":"/authorize/"`) || !strings.Contains(logs, `"path":"/login/callback"`) {
		t.Error("the logs do not tell of all requests, so that their silence means nothing")
	}
	for what, value := range secrets {
		if strings.Contains(logs, value) || strings.Contains(logs, url.QueryEscape(value)) {
			t.Errorf("%s is in the logs", what)
		}
	}
}

// cookie returns the value of the cookie that an address gets whose name ends so.
func (v *visitor) cookie(address, name string) string {
	v.t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, cookie := range v.client.Jar.Cookies(parsed) {
		if strings.HasSuffix(cookie.Name, name) {
			return cookie.Value
		}
	}
	return ""
}
