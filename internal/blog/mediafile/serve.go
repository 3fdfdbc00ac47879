// Package mediafile serves the uploads of a blog: pictures that pages show, and documents to download.
package mediafile

import (
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
)

const (
	// policy keeps a file from running programs, from opening windows and from acting in the blog's name, whatever a browser
	// takes it for.
	policy = "default-src 'none'; sandbox; frame-ancestors 'none'"
	// caching is for a year, which RFC 9111 calls the longest useful time, without revalidation (RFC 8246).
	caching = "public, max-age=31536000, immutable"
	// chunkTimeout is how long a client can take to receive a chunk: at 9 kB/s, as on a poor mobile network.
	chunkTimeout = 30 * time.Second
	// Memory is how much memory one download takes, in bytes: what the store and the response buffer.
	Memory = 1 << 20
)

// Serve sends a file, a part of it, or its headers. The content at an address never changes, so clients and proxies keep it
// for a year. The file belongs to an address of its own, which no page is at.
func Serve(w http.ResponseWriter, r *http.Request, content media.Content) {
	header := w.Header()
	header.Set("Content-Type", content.Type)
	header.Set("Cache-Control", caching)
	header.Set("Etag", etag(content))
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	// Feed readers and other sites show pictures, too.
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if content.Type == media.PDF {
		header.Set("Content-Disposition", attachment(content.File.Name))
	}
	reader := &deadlineReader{ReadSeeker: content, connection: http.NewResponseController(w)}
	http.ServeContent(w, r, "", content.File.CreatedAt, reader)
}

// etag identifies the content of a file or of a variant.
func etag(content media.Content) string {
	tag := hex.EncodeToString(content.File.Hash[:min(16, len(content.File.Hash))])
	if content.Width != media.Original {
		tag += "-" + strconv.Itoa(content.Width)
	}
	return `"` + tag + `"`
}

// attachment returns a Content-Disposition that saves a file under its name: as UTF-8 (RFC 8187), and in ASCII for clients
// that do not read that (RFC 6266, appendix D).
func attachment(name string) string {
	var ascii, encoded strings.Builder
	for _, c := range name {
		switch {
		case c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%':
			ascii.WriteByte('_')
		default:
			ascii.WriteRune(c)
		}
	}
	const attributeCharacters = "!#$&+-.^_`|~" // RFC 8187, section 3.2.1, with letters and digits
	for _, b := range []byte(name) {
		if 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte(attributeCharacters, b) >= 0 {
			encoded.WriteByte(b)
		} else {
			encoded.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{b})))
		}
	}
	return `attachment; filename="` + ascii.String() + `"; filename*=UTF-8''` + encoded.String()
}

// deadlineReader gives the client time for each chunk, so that a file is not cut off because it takes longer than a page.
type deadlineReader struct {
	io.ReadSeeker
	connection *http.ResponseController
	left       int
}

// Read implements io.Reader.
func (d *deadlineReader) Read(p []byte) (int, error) {
	if d.left <= 0 {
		d.left = media.ChunkBytes
		// Not every ResponseWriter has deadlines, such as one that records a response.
		_ = d.connection.SetWriteDeadline(time.Now().Add(chunkTimeout))
	}
	n, err := d.ReadSeeker.Read(p)
	d.left -= n
	return n, err
}
