package web

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// SeeOther redirects to a page of this site, which the browser requests with GET (RFC 9110 section 15.4.4). An address
// that LocalPath refuses leads to the home page.
func SeeOther(w http.ResponseWriter, r *http.Request, to string) { seeOther(w, r, LocalPath(to, "/")) }

// SeeOtherSite redirects to a page of another site, like SeeOther. The base URL of the site comes from the Platform or the
// registry, and never from the request.
func SeeOtherSite(w http.ResponseWriter, r *http.Request, base, to string) {
	seeOther(w, r, strings.TrimSuffix(base, "/")+LocalPath(to, "/"))
}

func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Move permanently redirects to another path of this site, and keeps the query of the request.
func Move(w http.ResponseWriter, r *http.Request, to string) {
	moved := url.URL{Path: to, RawQuery: r.URL.RawQuery}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Location", LocalPath(moved.String(), "/"))
	w.WriteHeader(http.StatusMovedPermanently)
}

// MoveSite permanently redirects to the same path and query of another site, with the same method. Browsers keep that for an
// hour only, because the site may move back. The base URL comes from the registry, and never from the request.
func MoveSite(w http.ResponseWriter, r *http.Request, base string) {
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Header().Set("Location", base+LocalPath(r.URL.RequestURI(), "/"))
	w.WriteHeader(http.StatusPermanentRedirect)
}

// LocalPath returns next if it is the address of a page of this site, and fallback otherwise, so that no link can send
// users to another site by way of a redirect.
func LocalPath(next, fallback string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !isClean(parsed.Path) {
		return fallback
	}
	return next
}

// isClean reports whether a decoded path starts with one slash, and has no empty segments, dot segments or backslashes.
// Browsers and proxies disagree about the meaning of other paths: //host and /\host can be the address of another site.
func isClean(decoded string) bool {
	return strings.HasPrefix(decoded, "/") && !strings.Contains(decoded, "\\") &&
		path.Clean(decoded) == cmp.Or(strings.TrimSuffix(decoded, "/"), "/")
}
