package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestCookies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cookies web.Cookies
		want    string
	}{
		"behind TLS":  {web.Cookies{Secure: true}, "__Host-session=secret; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"},
		"without TLS": {web.Cookies{}, "session=secret; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := httptest.NewRecorder()
			test.cookies.Set(response, "session", "secret", time.Minute)
			if got := response.Header().Get("Set-Cookie"); got != test.want {
				t.Errorf("Set-Cookie: %s, want %s", got, test.want)
			}
			request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			request.Header.Set("Cookie", response.Result().Cookies()[0].Name+"=secret")
			if got := test.cookies.Get(request, "session"); got != "secret" {
				t.Errorf("the cookie reads %q, want %q", got, "secret")
			}
			test.cookies.Clear(response, "session")
			cleared, err := http.ParseSetCookie(response.Header().Values("Set-Cookie")[1])
			if err != nil {
				t.Fatal(err)
			}
			if cleared.MaxAge != -1 || cleared.Value != "" {
				t.Errorf("the cleared cookie is %v, want an expired one", cleared)
			}
		})
	}
}
