package mediafile_test

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/mediafile"
	"github.com/echoblogs/echoblogs/internal/content/media"
)

var body = bytes.Repeat([]byte("0123456789"), 60_000) // several chunks

func contentOf(contentType, name string, width int) media.Content {
	return media.Content{
		File: media.File{Name: name, Hash: bytes.Repeat([]byte{0xab}, 32), CreatedAt: time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)},
		Type: contentType, Size: int64(len(body)), Width: width, ReadSeeker: bytes.NewReader(body),
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method  string
		request map[string]string
		status  int
		want    map[string]string
		body    []byte
	}{
		"a whole file": {
			status: http.StatusOK, body: body,
			want: map[string]string{
				"Content-Type": "image/jpeg", "Content-Length": "600000", "Cache-Control": "public, max-age=31536000, immutable",
				"Etag": `"abababababababababababababababab"`, "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes",
				"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Content-Disposition": "",
				"Cross-Origin-Resource-Policy": "cross-origin",
			},
		},
		"its headers": {method: http.MethodHead, status: http.StatusOK, want: map[string]string{"Content-Length": "600000"}},
		"a part": {
			request: map[string]string{"Range": "bytes=299998-300001"}, status: http.StatusPartialContent, body: []byte("8901"),
			want: map[string]string{"Content-Range": "bytes 299998-300001/600000", "Content-Length": "4", "Content-Type": "image/jpeg"},
		},
		"the end": {
			request: map[string]string{"Range": "bytes=-3"}, status: http.StatusPartialContent, body: []byte("789"),
			want: map[string]string{"Content-Range": "bytes 599997-599999/600000"},
		},
		"a part of another version": {
			request: map[string]string{"Range": "bytes=-3", "If-Range": `"other"`}, status: http.StatusOK, body: body,
		},
		"a part that it does not have": {
			request: map[string]string{"Range": "bytes=600000-"}, status: http.StatusRequestedRangeNotSatisfiable,
			want: map[string]string{"Content-Range": "bytes */600000"},
		},
		"a file that the client has": {
			request: map[string]string{"If-None-Match": `"abababababababababababababababab"`}, status: http.StatusNotModified,
			want: map[string]string{"Cache-Control": "public, max-age=31536000, immutable"},
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mediafile.Serve(w, r, contentOf("image/jpeg", "a.jpg", media.Original))
	}))
	t.Cleanup(server.Close)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), test.method, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			for key, value := range test.request {
				r.Header.Set(key, value)
			}
			response, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			got, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.status || test.body != nil && !bytes.Equal(got, test.body) {
				t.Errorf("status %d, %d bytes: %v", response.StatusCode, len(got), err)
			}
			for key, value := range test.want {
				if got := response.Header.Get(key); got != value {
					t.Errorf("%s: %q, want %q", key, got, value)
				}
			}
		})
	}
}

func TestServeVariantHasAnotherTag(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	mediafile.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), contentOf("image/jpeg", "a.jpg", 480))
	if tag := w.Header().Get("Etag"); tag != `"abababababababababababababababab-480"` {
		t.Error(tag)
	}
}

func TestServeDocument(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"paper.pdf":                    `attachment; filename="paper.pdf"; filename*=UTF-8''paper.pdf`,
		`a "b"\c; d=%41.pdf`:           `attachment; filename="a _b__c; d=_41.pdf"; filename*=UTF-8''a%20%22b%22%5Cc%3B%20d%3D%2541.pdf`,
		"Straße – Übersicht.pdf":       `attachment; filename="Stra_e _ _bersicht.pdf"; filename*=UTF-8''Stra%C3%9Fe%20%E2%80%93%20%C3%9Cbersicht.pdf`,
		"x\r\nSet-Cookie: a=b\x00.pdf": `attachment; filename="x__Set-Cookie: a=b_.pdf"; filename*=UTF-8''x%0D%0ASet-Cookie%3A%20a%3Db%00.pdf`,
	} {
		w := httptest.NewRecorder()
		mediafile.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), contentOf(media.PDF, name, media.Original))
		got := w.Header().Get("Content-Disposition")
		if got != want {
			t.Errorf("%q: %s\nwant %s", name, got, want)
		}
		if strings.ContainsAny(name, "\r\x00") {
			continue
		}
		// The extended name wins.
		_, parameters, err := mime.ParseMediaType(strings.Replace(got, `filename="`, `ascii="`, 1))
		if err != nil || parameters["filename"] != name {
			t.Errorf("%q is read as %q: %v", name, parameters["filename"], err)
		}
	}
}

// A slow client has time for each chunk, and not only for a page.
func TestServeExtendsDeadline(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	mediafile.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), contentOf("image/jpeg", "a.jpg", media.Original))
	if chunks := (len(body) + media.ChunkBytes - 1) / media.ChunkBytes; w.n != chunks {
		t.Errorf("%d deadlines for %d chunks", w.n, chunks)
	}
}

type deadlines struct {
	*httptest.ResponseRecorder
	n int
}

func (d *deadlines) SetWriteDeadline(time.Time) error {
	d.n++
	return nil
}

// A store that fails in the middle ends the connection: a client must not take a part for the whole.
func TestServeOfFailure(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content := contentOf("image/jpeg", "a.jpg", media.Original)
		content.ReadSeeker = failing{content.ReadSeeker, io.MultiReader(bytes.NewReader(body[:300_000]), iotest.ErrReader(io.ErrUnexpectedEOF))}
		mediafile.Serve(w, r, content)
	}))
	t.Cleanup(server.Close)
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("the client takes a part for the whole")
	}
}

type failing struct {
	io.Seeker
	io.Reader
}
