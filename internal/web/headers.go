package web

import "net/http"

// The Content-Security-Policies of pages. None lets anything come from another origin but images, and none lets a page
// be shown inside another.
const (
	// ReadOnlyPolicy is that of pages that only show: no script and no form.
	ReadOnlyPolicy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// FormsPolicy is that of pages with forms, and with scripts of the site's own.
	FormsPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// SecurityHeaders gives every answer the headers that keep a browser from doing more with a page than its policy allows.
func SecurityHeaders(policy string, next http.Handler) http.Handler {
	// Made once: a slice for each request would be an allocation for each of them.
	headers := map[string][]string{
		"Content-Security-Policy":      {policy},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=()"},
		"Referrer-Policy":              {"strict-origin-when-cross-origin"},
		"X-Content-Type-Options":       {"nosniff"},
		// For browsers that do not know frame-ancestors.
		"X-Frame-Options": {"DENY"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range headers {
			header[name] = value
		}
		next.ServeHTTP(w, r)
	})
}
