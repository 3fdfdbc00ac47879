package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The logs contain no secret, even with an access log.
func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0, "--access-log")
	site := p.StartPortal(0, "--access-log")
	v := portaltest.NewClient(t, site)
	v.RouteToBlog(p, aliceHost)
	secrets := map[string]string{"the password": portaltest.Password, "a wrong password": "not the right one at all", "the next password": "another secret of hers"}
	keep := func(what, value string) {
		t.Helper()
		if len(value) < 10 {
			t.Fatalf("%s is %q, which is not a secret", what, value)
		}
		secrets[what] = value
	}

	v.AwaitHome(p, v.Submit("/register/", "username", "alice", "email", "alice@example.org", "password", portaltest.Password, "confirm_password", portaltest.Password)).
		Want(t, http.StatusOK, "Your blog is live")
	keep("the session", v.Cookie("http://"+stack.Domain+"/", "session"))

	// Log in to the blog by a code, and try to use the code twice.
	authorize := v.Step("http://"+aliceHost+"/login/?next=/write/").LeadsTo(t, "http://"+stack.Domain+"/authorize/")
	keep("the verifier", v.Cookie("http://"+aliceHost+"/login/", "verifier"))
	callback := v.Step(authorize).LeadsTo(t, "http://"+aliceHost+"/login/callback")
	parsed, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	keep("the code", parsed.Query().Get("code"))
	v.Step(callback).LeadsTo(t, "/write/")
	v.Step(callback)
	keep("the session on the blog", v.Cookie("http://"+aliceHost+"/write/", "session"))

	confirm := portaltest.WaitMails(p, site, "alice@example.org", "Confirm your email address", 1).Link(t, "/confirm/")
	keep("the token of a confirmation", portaltest.Token(confirm))
	v.Get(confirm)
	v.Submit("/confirm/", "token", portaltest.Token(confirm))
	v.Submit("/reset/", "username", "alice@example.org")
	reset := portaltest.WaitMails(p, site, "alice@example.org", "Choose a new password", 1).Link(t, "/reset/password/")
	keep("the token of a reset", portaltest.Token(reset))
	v.Get(reset)
	next := secrets["the next password"]
	v.Submit("/reset/password/", "token", portaltest.Token(reset), "password", next, "confirm_password", next)
	v.Submit("/login/", "username", "alice", "password", secrets["a wrong password"])
	v.Get("/nowhere/?token="+portaltest.Token(reset)).Want(t, http.StatusNotFound)

	logs := p.Logs()
	if !strings.Contains(logs, `"path":"/authorize/"`) || !strings.Contains(logs, `"path":"/login/callback"`) {
		t.Error("the logs do not contain all requests, so the absence of secrets proves nothing")
	}
	for what, value := range secrets {
		if strings.Contains(logs, value) || strings.Contains(logs, url.QueryEscape(value)) {
			t.Errorf("%s is in the logs", what)
		}
	}
}
