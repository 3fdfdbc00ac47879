package site

import (
	"context"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/mediafile"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/slots"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

const (
	// chunksWaiting is how many chunks of a blog's uploads can wait for a connection.
	chunksWaiting = 64
	// maxDownloads is the number of bytes that downloads take.
	maxDownloads = 64 << 20
)

// Uploads are what authors upload, of all blogs. They have connections of their own: no page waits for a chunk of a large file.
type Uploads struct {
	connections *Connections
	downloads   *Bytes
}

// NewUploads returns the uploads that a pool reads and writes.
func NewUploads(pool *postgres.Pool) *Uploads {
	return &Uploads{connections: NewConnections(pool, chunksWaiting), downloads: NewBytes(min(maxDownloads, slots.MemoryShare(8)))}
}

// Store returns the uploads of a tenant.
func (u *Uploads) Store(t *directory.Tenant) media.Store {
	return media.NewPostgres(func(ctx context.Context, work media.Work) error { return u.connections.Use(ctx, t.ID, work) }, t.SchemaName)
}

// Serve sends the file at an address. It returns media.ErrNotFound, ErrBusy, or the error of a statement, if it has not answered.
func (u *Uploads) Serve(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	id, width, ok := media.ParsePath(r.URL.Path)
	if !ok {
		return media.ErrNotFound
	}
	release, err := u.downloads.Reserve(t.ID, mediafile.Memory)
	if err != nil {
		return err
	}
	defer release()
	content, err := u.Store(t).Open(r.Context(), id, width)
	if err != nil {
		return err
	}
	mediafile.Serve(w, r, content)
	return nil
}
