package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestReadinessStays(t *testing.T) {
	t.Parallel()
	missing := "The database is unavailable."
	ready := &web.Readiness{Check: func(context.Context) string { return missing }}
	want := func(status int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		ready.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		if w.Code != status || strings.TrimSpace(w.Body.String()) != body {
			t.Errorf("it answers %d %q, want %d %q", w.Code, w.Body, status, body)
		}
	}
	want(http.StatusServiceUnavailable, missing)
	missing = ""
	want(http.StatusOK, "Ready.")
	missing = "The database is unavailable."
	want(http.StatusOK, "Ready.")
}
