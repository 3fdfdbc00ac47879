package web

import (
	"net/http"
	"net/url"
	"strings"
)

// SeeOther redirects to another page, which the browser requests with GET (RFC 9110 section 15.4.4).
func SeeOther(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// LocalPath returns next if it is a path of this site, and fallback otherwise, so that no link can send users to another
// site by way of a login.
func LocalPath(next, fallback string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return fallback
	}
	return next
}
