package reader

import (
	"bytes"
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

const policyHeader = "Content-Security-Policy"

// The values of headers of answers that can be kept.
var (
	// vary says that a page differs by cookies: its owner sees more.
	vary = []string{"Cookie"}
	// revalidate makes browsers ask each time whether a page has changed.
	revalidate = []string{"no-cache"}
	// sharedLife is how long a content delivery network shows a page without asking (RFC 9213), and for how much longer while it asks
	// (RFC 5861). Browsers and other caches do not know the header.
	sharedLife = []string{"max-age=2, stale-while-revalidate=30"}
)

// answer is what a request is answered with, and others like it. It is immutable.
type answer struct {
	// contentType, etag, length and policy, which is for content security, are values of headers.
	contentType, etag, length, policy []string
	// varies says that the answer differs by cookies, and hidden that search engines are asked not to list it.
	varies, hidden bool
	body           []byte
}

// sendPage sends a page and reuses its buffer. Caches can store what others than the owner of the blog see.
func (rd *Reader) sendPage(w http.ResponseWriter, r *request, page *web.HTMLWriter) error {
	if r.previewing {
		framedHeaders(w.Header())
	}
	if r.username != "" {
		w.Header()["Vary"] = vary
		return rd.sendUncached(w, r, page)
	}
	r.varies = true
	err := rd.send(w, r, "text/html; charset=utf-8", bytes.Clone(*page)) // which may be kept for longer than the buffer
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
	w.Write(*page) //nolint:gosec // it escapes what is not sanitized
	rd.recycle(page)
	return nil
}

// noIndex asks search engines not to list an answer. Pages say the same, but the feed cannot.
var noIndex = []string{"noindex"}

// restrictIndexing asks search engines not to list the answer, unless they may, or have been asked for more already.
func (r *request) restrictIndexing(header http.Header) {
	if r.hidden() && header["X-Robots-Tag"] == nil {
		header["X-Robots-Tag"] = noIndex
	}
}

// hidden reports whether search engines are asked not to list the answer.
func (r *request) hidden() bool { return r.unlisted || r.settings.Hidden }

// recycle reuses the buffer of a page that has been sent.
func (rd *Reader) recycle(page *web.HTMLWriter) {
	if cap(*page) <= maxBuffer {
		rd.buffers.Put(page)
	}
}

// send answers with a body that clients can cache until it changes, and keeps it for the next request. The caller must not change the
// body. Of the headers that a page adds, its Content-Security-Policy alone is kept. It returns site.ErrBusy if too much is being sent
// for the blog.
func (rd *Reader) send(w http.ResponseWriter, r *request, contentType string, body []byte) error {
	a := &answer{
		contentType: []string{contentType}, etag: []string{`"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`},
		length: []string{strconv.Itoa(len(body))}, policy: w.Header()[policyHeader], varies: r.varies, hidden: r.hidden(), body: body,
	}
	rd.keeper.keepAnswer(r, a)
	return rd.sendAnswer(w, r, a)
}

// sendAnswer sends an answer, or 304 if the client has it already. It returns site.ErrBusy if too much is being sent for the blog.
func (rd *Reader) sendAnswer(w http.ResponseWriter, r *request, a *answer) error {
	unchanged := matches(r.Header.Get("If-None-Match"), a.etag[0])
	if !unchanged && r.Method != http.MethodHead {
		release, err := rd.inFlight.Reserve(r.tenant.ID, int64(len(a.body)))
		if err != nil {
			return err
		}
		defer release()
	}
	header := w.Header()
	if a.varies {
		header["Vary"] = vary
	}
	if a.hidden {
		header["X-Robots-Tag"] = noIndex
	}
	header["Content-Type"], header["Etag"], header[policyHeader] = a.contentType, a.etag, a.policy
	// Clients have to revalidate: when a blog is suspended or a post unpublished, it shows within two seconds.
	header["Cache-Control"], header["Cdn-Cache-Control"] = revalidate, sharedLife
	if unchanged {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header["Content-Length"] = a.length
	w.WriteHeader(http.StatusOK)
	w.Write(a.body) //nolint:gosec // it escapes what is not sanitized
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
