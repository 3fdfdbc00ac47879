package member

import (
	"strings"

	"github.com/echoblogs/echoblogs/internal/web"
)

// browsers and systems are recognized by a part of the User-Agent header, the more specific first: most browsers also
// claim to be others.
var (
	browsers = []struct{ mark, name string }{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []struct{ mark, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// browserName returns a short name of a browser, so that users recognize their own.
func browserName(userAgent string) string {
	name := ""
	for _, b := range browsers {
		if strings.Contains(userAgent, b.mark) {
			name = b.name
			break
		}
	}
	if name == "" {
		product, _, _ := strings.Cut(userAgent, "/")
		if product == "" {
			return "Unknown browser"
		}
		return web.Shorten(product)
	}
	for _, s := range systems {
		if strings.Contains(userAgent, s.mark) {
			return name + " on " + s.name
		}
	}
	return name
}
