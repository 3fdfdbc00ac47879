package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	v := newVisitor(t, site)

	// By user name or address, in any case; and then to where one was going, but not off the site.
	for _, login := range []string{"alice", "Alice", "ALICE@example.org"} {
		v.submit("/login/", "username", login, "password", secret, "next", "/account/").want(t, http.StatusOK, "Where you are logged in")
		v.submit("/logout/").want(t, http.StatusOK, "A blog of your own")
	}
	for _, elsewhere := range []string{"http://evil.example/", "//evil.example/", `/\evil.example/`} {
		if at := v.submit("/login/", "username", "alice", "password", secret, "next", elsewhere).want(t, http.StatusOK, "Welcome, alice"); at.URL.Path != "/" {
			t.Errorf("a login with next=%s leads to %s", elsewhere, at.URL)
		}
		v.submit("/logout/")
	}

	// What is wrong is not told, and what was typed is kept, the password aside.
	const wrong = "The user name, the address or the password is wrong."
	v.submit("/login/", "username", "nobody", "password", "whatever it is").want(t, http.StatusUnprocessableEntity, wrong, `value="nobody"`).without(t, "whatever it is")
	v.submit("/login/", "username", "alice", "password", "whatever it is").want(t, http.StatusUnprocessableEntity, wrong)
	v.submit("/login/", "username", "", "password", "").want(t, http.StatusUnprocessableEntity, "Fill in your user name and password.")
	// Every answer of this kind has a number, which stands in the log.
	for _, refused := range []page{v.submit("/login/", "username", "", "password", ""), v.get("/nowhere/")} {
		number := regexp.MustCompile(`No\. ([A-Z2-7]{10})`).FindStringSubmatch(refused.Body)
		if number == nil || !strings.Contains(p.Logs(), `"id":"`+number[1]+`"`) {
			t.Errorf("%s has no number that stands in the log: %v", refused.URL, number)
		}
	}
	v.submit("/login/", "username", "a\xffb", "password", "x").want(t, http.StatusBadRequest, "The form cannot be read")
	v.submit("/login/", "username", "a\x00b", "password", "x").want(t, http.StatusBadRequest, "The form cannot be read")
	v.submit("/login/", "username", "a", "password", strings.Repeat("x", 100_000)).want(t, http.StatusRequestEntityTooLarge, "That was too much")

	// A form of a sibling's is refused.
	v.do(http.MethodPost, "/login/", strings.NewReader("username=alice&password=x"), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"http://bob.example.com"}, "Sec-Fetch-Site": {"same-site"},
	}).want(t, http.StatusForbidden, "That came from another site")
}

// Four attempts are free. Then one waits, whatever the password is, and longer after each that is wrong.
func TestLoginsAreLimited(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	addAccount(t, p, "bob")
	v := newVisitor(t, site)
	wrong := func() {
		t.Helper()
		v.submit("/login/", "username", "alice", "password", "not the right one").want(t, http.StatusUnprocessableEntity)
	}
	waits := func(minutes string) {
		t.Helper()
		refused := v.submit("/login/", "username", "alice", "password", secret).want(t, http.StatusTooManyRequests, "Wait "+minutes+" minutes")
		if refused.Header.Get("Retry-After") == "" {
			t.Error("nothing says when to try again")
		}
		p.Exec(`UPDATE public.attempts SET refused_until = now() - interval '1 second' WHERE kind = 'login-account' AND subject = 'alice'`)
	}
	for range 4 {
		wrong()
	}
	waits("10")
	wrong()
	waits("20")
	// Somebody else at the same address logs in meanwhile.
	v.submit("/login/", "username", "bob", "password", secret).want(t, http.StatusOK, "Welcome, bob")
	v.submit("/logout/")
	// The right password, in time, ends it.
	v.submit("/login/", "username", "alice", "password", secret).want(t, http.StatusOK, "Welcome, alice")
	v.submit("/logout/")
	for range 4 {
		wrong()
	}
}
