package reader

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/echoblogs/echoblogs/internal/web"
)

// maxBuffer is the capacity up to which a buffer is reused. Most pages have about 10 kB.
const maxBuffer = 128 << 10

// sendPage writes a page in the layout and sends it.
func (rd *Reader) sendPage(w http.ResponseWriter, r *http.Request, page web.Page, main func(web.HTMLWriter) web.HTMLWriter) {
	buffer := rd.buffers.Get().(*web.HTMLWriter)
	*buffer = rd.Layout.Frame((*buffer)[:0], page, main)
	send(w, r, "text/html; charset=utf-8", *buffer)
	if cap(*buffer) <= maxBuffer {
		rd.buffers.Put(buffer)
	}
}

// send answers with a body that clients can cache until it changes, or with 304 if the client has it already.
func send(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	etag := `"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`
	header := w.Header()
	header["Content-Type"] = []string{contentType}
	header["Etag"] = []string{etag}
	// Clients have to revalidate: when a blog is suspended or a post unpublished, it shows within two seconds.
	header["Cache-Control"] = []string{"no-cache"}
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	w.Write(body) //nolint:gosec // HTMLWriter escapes what is not a constant
}

// matches compares an If-None-Match header with an entity tag, by the weak comparison of RFC 9110 section 13.1.2.
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == etag {
			return true
		}
	}
	return false
}
