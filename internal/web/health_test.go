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
	want := func(path string, status int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		ready.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != status || strings.TrimSpace(w.Body.String()) != body {
			t.Errorf("%s answers %d %q, want %d %q", path, w.Code, w.Body, status, body)
		}
	}
	want("/readyz", http.StatusServiceUnavailable, missing)
	missing = ""
	want("/readyz", http.StatusOK, "Ready.")
	missing = "The database is unavailable."
	want("/readyz", http.StatusOK, "Ready.")
	want("/readyz?recheck", http.StatusServiceUnavailable, missing)
	want("/readyz", http.StatusOK, "Ready.")
	missing = ""
	want("/readyz?recheck", http.StatusOK, "Ready.")
}
