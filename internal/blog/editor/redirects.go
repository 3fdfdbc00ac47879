package editor

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/blog/site"
)

// seeOther redirects to another page with GET.
func seeOther(w http.ResponseWriter, r *request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
}

// localPath returns next if it is a path of this blog, and otherwise the list of posts: a login must not redirect to
// another site.
func localPath(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return site.WritePath
	}
	return next
}
