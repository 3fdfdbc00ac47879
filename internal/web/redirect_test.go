package web_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/web"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/write/?page=2":       "/write/?page=2",
		"":                     "/home/",
		"write/":               "/home/",
		"//evil.example.org/":  "/home/",
		"/\\evil.example.org/": "/home/",
		"/\tevil":              "/home/",
		"https://evil.example": "/home/",
		"javascript:alert(1)":  "/home/",
		"/%zz":                 "/home/",
	} {
		if got := web.LocalPath(next, "/home/"); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", next, got, want)
		}
	}
}
