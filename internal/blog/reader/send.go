package reader

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// maxBuffer is the capacity up to which a buffer is reused. Most pages have about 10 kB.
const maxBuffer = 128 << 10

// write writes a page in the layout to a buffer. Pass the buffer to sendPage.
func (rd *Reader) write(page web.Page, main func(web.HTMLWriter) web.HTMLWriter) *web.HTMLWriter {
	buffer := rd.buffers.Get().(*web.HTMLWriter)
	*buffer = rd.Layout.Frame((*buffer)[:0], page, main)
	return buffer
}

// sendPage sends a page and reuses its buffer.
func (rd *Reader) sendPage(w http.ResponseWriter, r *http.Request, t *directory.Tenant, page *web.HTMLWriter) error {
	err := rd.send(w, r, t, "text/html; charset=utf-8", *page)
	rd.recycle(page)
	return err
}

// recycle reuses the buffer of a page that has been sent.
func (rd *Reader) recycle(page *web.HTMLWriter) {
	if cap(*page) <= maxBuffer {
		rd.buffers.Put(page)
	}
}

// send answers with a body that clients can cache until it changes, or with 304 if the client has it already. It returns
// site.ErrBusy if too much is being sent for the blog.
func (rd *Reader) send(w http.ResponseWriter, r *http.Request, t *directory.Tenant, contentType string, body []byte) error {
	release, err := rd.inFlight.Reserve(t.ID, int64(len(body)))
	if err != nil {
		return err
	}
	defer release()
	etag := `"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`
	header := w.Header()
	header["Content-Type"] = []string{contentType}
	header["Etag"] = []string{etag}
	// Clients have to revalidate: when a blog is suspended or a post unpublished, it shows within two seconds.
	header["Cache-Control"] = []string{"no-cache"}
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	w.Write(body)
	return nil
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
