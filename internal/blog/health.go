package blog

import (
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

func live(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "The server is running.")
}

// ready reports whether this replica can serve requests.
func (b *Blog) ready(w http.ResponseWriter, _ *http.Request) {
	age, known := b.directory.Age()
	switch {
	case !known:
		plain(w, http.StatusServiceUnavailable, "The registry has not been read yet: check the connection to the database.")
	case age >= directory.MaxAge:
		plain(w, http.StatusServiceUnavailable, fmt.Sprintf("The registry was last read %d s ago: check the connection to the database.", int(age.Seconds())))
	default:
		plain(w, http.StatusOK, "Ready.")
	}
}

func plain(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}
