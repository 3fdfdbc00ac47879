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

// write writes a page in the layout to a buffer. Pass the buffer to sendPage.
func (rd *Reader) write(page web.Page, main func(web.HTMLWriter) web.HTMLWriter) *web.HTMLWriter {
	buffer := rd.buffers.Get().(*web.HTMLWriter)
	*buffer = rd.Layout.Frame((*buffer)[:0], page, main)
	return buffer
}

// vary says that a page differs by cookies: its owner sees more.
var vary = []string{"Cookie"}

// sendPage sends a page and reuses its buffer. Caches can store what others than the owner of the blog see.
func (rd *Reader) sendPage(w http.ResponseWriter, r *request, page *web.HTMLWriter) error {
	w.Header()["Vary"] = vary
	if r.username != "" {
		return rd.sendUncached(w, r, page)
	}
	err := rd.send(w, r, "text/html; charset=utf-8", *page)
	rd.recycle(page)
	return err
}

// sendUncached sends a page that is never cached, and reuses its buffer. It returns site.ErrBusy if too much is being sent for the
// blog.
func (rd *Reader) sendUncached(w http.ResponseWriter, r *request, page *web.HTMLWriter) error {
	release, err := rd.inFlight.Reserve(r.tenant.ID, int64(len(*page)))
	if err != nil {
		return err
	}
	defer release()
	header := w.Header()
	r.restrictIndexing(header)
	header["Content-Type"] = []string{"text/html; charset=utf-8"}
	header["Content-Length"] = []string{strconv.Itoa(len(*page))}
	header["Cache-Control"] = []string{"private, no-store"}
	w.WriteHeader(http.StatusOK)
	w.Write(*page)
	rd.recycle(page)
	return nil
}

// noIndex asks search engines not to list an answer. Pages say the same, but the feed cannot.
var noIndex = []string{"noindex"}

// restrictIndexing asks search engines not to list the answer, unless they may, or have been asked for more already.
func (r *request) restrictIndexing(header http.Header) {
	if (r.unlisted || r.settings.Hidden) && header["X-Robots-Tag"] == nil {
		header["X-Robots-Tag"] = noIndex
	}
}

// recycle reuses the buffer of a page that has been sent.
func (rd *Reader) recycle(page *web.HTMLWriter) {
	if cap(*page) <= maxBuffer {
		rd.buffers.Put(page)
	}
}

// send answers with a body that clients can cache until it changes, or with 304 if the client has it already. It returns
// site.ErrBusy if too much is being sent for the blog.
func (rd *Reader) send(w http.ResponseWriter, r *request, contentType string, body []byte) error {
	release, err := rd.inFlight.Reserve(r.tenant.ID, int64(len(body)))
	if err != nil {
		return err
	}
	defer release()
	etag := `"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`
	header := w.Header()
	r.restrictIndexing(header)
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
