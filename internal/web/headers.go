package web

import "net/http"

// The Content-Security-Policies of pages. They allow no resources from other origins but images, and no framing.
const (
	// ReadOnlyPolicy is for pages without scripts and forms.
	ReadOnlyPolicy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// SearchPolicy is for pages without scripts, with a form that asks this site for something.
	SearchPolicy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	// FormsPolicy is for pages with forms and the site's own scripts.
	FormsPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: data:; font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	// FramedPolicy is for pages without scripts and forms that other pages of the site show.
	FramedPolicy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

// SecurityHeaders adds a Content-Security-Policy and the other security headers to every response.
func SecurityHeaders(policy string, next http.Handler) http.Handler {
	// Built once, because a slice for each header of each request would be an allocation.
	headers := map[string][]string{
		"Content-Security-Policy":      {policy},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=()"},
		"Referrer-Policy":              {"strict-origin-when-cross-origin"},
		"X-Content-Type-Options":       {"nosniff"},
		// For browsers that do not support frame-ancestors.
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
