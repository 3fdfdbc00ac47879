package member_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	v := portaltest.NewClient(t, site)

	// The login accepts user name and address in any case, and redirects to the next page, but never to another site.
	for _, login := range []string{alice, strings.ToUpper(alice[:1]) + alice[1:], strings.ToUpper(alice) + "@example.org"} {
		v.Submit("/login/", "username", login, "password", portaltest.Password, "next", "/account/").Want(t, http.StatusOK, "Active sessions")
		v.Submit("/logout/").Want(t, http.StatusOK, "Start with the first sentence")
	}
	for _, elsewhere := range []string{"http://evil.example/", "//evil.example/", `/\evil.example/`} {
		if at := v.Submit("/login/", "username", alice, "password", portaltest.Password, "next", elsewhere).Want(t, http.StatusOK, "Welcome, "+alice); at.URL.Path != "/" {
			t.Errorf("a login with next=%s leads to %s", elsewhere, at.URL)
		}
		v.Submit("/logout/")
	}

	// The page does not tell what is wrong, and keeps the input except for the password.
	const wrong = "Wrong user name, email address or password."
	v.Submit("/login/", "username", "nobody", "password", "whatever it is").Want(t, http.StatusUnprocessableEntity, wrong, `value="nobody"`).Without(t, "whatever it is")
	v.Submit("/login/", "username", alice, "password", "whatever it is").Want(t, http.StatusUnprocessableEntity, wrong)
	v.Submit("/login/", "username", "", "password", "").Want(t, http.StatusUnprocessableEntity, "Enter your user name and password.")
	// Every error page shows an ID, which is logged.
	for _, refused := range []portaltest.Page{v.Submit("/login/", "username", "", "password", ""), v.Get("/nowhere/")} {
		id := regexp.MustCompile(`ID: ([A-Z2-7]{10})`).FindStringSubmatch(refused.Body)
		if id == nil || !strings.Contains(p.Logs(), `"id":"`+id[1]+`"`) {
			t.Errorf("%s shows no ID that is in the log: %v", refused.URL, id)
		}
	}
	v.Submit("/login/", "username", "a\xffb", "password", "x").Want(t, http.StatusBadRequest, "The form cannot be read")
	v.Submit("/login/", "username", "a\x00b", "password", "x").Want(t, http.StatusBadRequest, "The form cannot be read")
	v.Submit("/login/", "username", "a", "password", strings.Repeat("x", 100_000)).Want(t, http.StatusRequestEntityTooLarge, "The form is too large")

	// A form on another host of the platform is refused.
	v.Do(http.MethodPost, "/login/", strings.NewReader("username="+alice+"&password=x"), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"http://bob.example.com"}, "Sec-Fetch-Site": {"same-site"},
	}).Want(t, http.StatusForbidden, "This form came from another site")
}

// After four failed attempts, every attempt has to wait, and longer after each failure.
func TestLoginsAreLimited(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bob := portaltest.Name("alice"), portaltest.Name("bob")
	portaltest.AddAccount(t, p, alice)
	portaltest.AddAccount(t, p, bob)
	v := portaltest.NewClient(t, site)
	wrong := func() {
		t.Helper()
		v.Submit("/login/", "username", alice, "password", "not the right one").Want(t, http.StatusUnprocessableEntity)
	}
	waits := func(minutes string) {
		t.Helper()
		refused := v.Submit("/login/", "username", alice, "password", portaltest.Password).Want(t, http.StatusTooManyRequests, "Wait "+minutes+" minutes")
		if refused.Header.Get("Retry-After") == "" {
			t.Error("there is no Retry-After header")
		}
		p.Exec(`UPDATE public.attempts SET refused_until = now() - interval '1 second' WHERE kind = 'login-network-account' AND subject LIKE $1 || ' %'`, alice)
	}
	for range 4 {
		wrong()
	}
	waits("10")
	wrong()
	waits("20")
	// Another user at the same IP address can log in.
	v.Submit("/login/", "username", bob, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+bob)
	v.Submit("/logout/")
	// A successful login resets the limit.
	v.Submit("/login/", "username", alice, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+alice)
	v.Submit("/logout/")

	// Strangers lock out neither other networks nor a browser that has logged in before.
	stranger := portaltest.NewClient(t, site)
	guess := func(address, password string) portaltest.Page {
		t.Helper()
		return stranger.SubmitFrom(address, "/login/", "username", alice, "password", password)
	}
	for range 4 {
		guess("198.51.100.1", "not the right one").Want(t, http.StatusUnprocessableEntity)
	}
	guess("198.51.100.1", portaltest.Password).Want(t, http.StatusTooManyRequests)
	portaltest.NewClient(t, site).SubmitFrom("192.0.2.1", "/login/", "username", alice, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+alice)
	for i := range 41 { // with the attempts above, 50 in a day
		guess(fmt.Sprintf("203.0.113.%d", i/4), "not the right one").Want(t, http.StatusUnprocessableEntity)
	}
	guess("192.0.2.1", portaltest.Password).Want(t, http.StatusTooManyRequests)
	id := v.Cookie("http://"+stack.Domain+"/", "browser")
	v.SubmitFrom("198.51.100.1", "/login/", "username", alice, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+alice)
	if again := v.Cookie("http://"+stack.Domain+"/", "browser"); again != id || len(id) != 27 {
		t.Errorf("the browser is known as %q, and then as %q", id, again)
	}
}
