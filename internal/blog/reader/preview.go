package reader

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/web"
)

// preview shows the list in the theme and the accent that the owner of the blog looks at, in the form of the settings.
func (r *request) preview() {
	query := r.URL.Query()
	name := query.Get("theme")
	if r.username == "" || !theme.Known(name) {
		return
	}
	r.previewing, r.settings.Theme, r.settings.Accent = true, name, query.Get("accent")
}

// framedHeaders let the pages of the blog show this one.
func framedHeaders(header http.Header) {
	header.Set("Content-Security-Policy", web.FramedPolicy)
	header.Set("X-Frame-Options", "SAMEORIGIN")
}
