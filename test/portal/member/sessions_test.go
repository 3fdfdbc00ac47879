package member_test

import (
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bobName := portaltest.Name("alice"), portaltest.Name("bob")
	portaltest.AddAccount(t, p, alice)
	here, phone, old := portaltest.LogIn(t, site, alice, portaltest.Password), portaltest.NewClient(t, site), portaltest.LogIn(t, site, alice, portaltest.Password)
	phone.Do(http.MethodPost, "/login/", strings.NewReader("username="+alice+"&password="+strings.ReplaceAll(portaltest.Password, " ", "+")), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"},
		"User-Agent": {"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"},
	}).Want(t, http.StatusOK, "Welcome, "+alice)

	list := here.Get("/account/").Want(t, http.StatusOK, "<td>Safari on iPhone</td>", "Go-http-client", "<td>"+site.ClientAddress+"</td>")
	if n := strings.Count(list.Body, "(this browser)"); n != 1 {
		t.Errorf("%d sessions are this browser", n)
	}
	row := regexp.MustCompile(`(?s)<tr><td>Safari on iPhone.*?name="id" value="(\d+)"`).FindStringSubmatch(list.Body)
	if row == nil {
		t.Fatalf("no way to end the phone's session:\n%s", list.Body)
	}
	here.Submit("/account/sessions/end/", "id", row[1]).Want(t, http.StatusOK, "That browser was logged out.")
	phone.Get("/").Want(t, http.StatusOK, "Start with the first sentence")
	old.Get("/").Want(t, http.StatusOK, "Welcome, "+alice)
	here.Submit("/account/sessions/end-others/").Want(t, http.StatusOK, "All other browsers were logged out.")
	old.Get("/").Want(t, http.StatusOK, "Start with the first sentence")
	here.Get("/").Want(t, http.StatusOK, "Welcome, "+alice)

	// A user cannot end another user's session.
	portaltest.AddAccount(t, p, bobName)
	bob := portaltest.LogIn(t, site, bobName, portaltest.Password)
	var session int64
	if err := p.Admin.QueryRow(t.Context(), `SELECT s.id FROM public.sessions s JOIN public.users u ON u.id = s.user_id WHERE u.username = $1`, bobName).Scan(&session); err != nil {
		t.Fatal(err)
	}
	here.Submit("/account/sessions/end/", "id", strconv.FormatInt(session, 10)).Want(t, http.StatusOK)
	bob.Get("/").Want(t, http.StatusOK, "Welcome, "+bobName)
	here.Submit("/account/sessions/end/", "id", "x").Want(t, http.StatusNotFound)
}

func TestPasswordChange(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	here, elsewhere := portaltest.LogIn(t, site, alice, portaltest.Password), portaltest.LogIn(t, site, alice, portaltest.Password)
	change := func(present, password, again string) portaltest.Page {
		t.Helper()
		return here.Submit("/account/password/", "current_password", present, "password", password, "confirm_password", again)
	}
	here.Submit("/account/password/", "account", "jane", "current_password", portaltest.Password, "password", "another secret", "confirm_password", "another secret").
		Want(t, http.StatusConflict, "You are logged in to another account", "Log out, log in as jane, and try again.")
	change("wrong password", "another secret", "another secret").Want(t, http.StatusUnprocessableEntity, "This is not your current password.", `id="current_password-error"`)
	refused := change(portaltest.Password, "password123", "password123").Want(t, http.StatusUnprocessableEntity, "This password is too easy to guess. Choose another one.")
	for _, typed := range []string{"password123", html.EscapeString(portaltest.Password)} {
		if strings.Contains(refused.Body, typed) {
			t.Errorf("the page contains a password:\n%s", refused.Body)
		}
	}
	change(portaltest.Password, "another secret", "another secre").Want(t, http.StatusUnprocessableEntity, "The passwords do not match.")
	change(portaltest.Password, "another secret", "another secret").Want(t, http.StatusOK, "Your password was changed")
	elsewhere.Get("/").Want(t, http.StatusOK, "Start with the first sentence")
	here.Get("/").Want(t, http.StatusOK, "Welcome, "+alice)
	portaltest.WaitMails(p, site, alice+"@example.org", "Your password was changed", 1)
	portaltest.LogIn(t, site, alice, "another secret")

	// The limit also applies to the current password.
	for range 4 {
		change("wrong password", "a third secret", "a third secret").Want(t, http.StatusUnprocessableEntity)
	}
	change("another secret", "a third secret", "a third secret").Want(t, http.StatusTooManyRequests)
}
