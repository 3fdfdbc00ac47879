package web

import "net/http"

// Policy is the Content-Security-Policy of pages that only show: no script, no form, no frame, and nothing from
// another origin but images.
const Policy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// securityHeaders are made once: a slice for each request would be an allocation for each of them.
var securityHeaders = map[string][]string{
	"Content-Security-Policy":      {Policy},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Permissions-Policy":           {"camera=(), geolocation=(), microphone=()"},
	"Referrer-Policy":              {"strict-origin-when-cross-origin"},
	"X-Content-Type-Options":       {"nosniff"},
	// For browsers that do not know frame-ancestors.
	"X-Frame-Options": {"DENY"},
}

// SecurityHeaders gives every answer the headers that keep a browser from doing more with a page than showing it.
func SecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range securityHeaders {
			header[name] = value
		}
		next.ServeHTTP(w, r)
	})
}
