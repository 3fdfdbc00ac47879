package media

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// chunkTimeout bounds the statement that reads or writes a chunk.
	chunkTimeout = 5 * time.Second
	// patchableBytes is how much of the beginning WriteAt can overwrite.
	patchableBytes = 32
)

// chunkWriter writes chunks. It keeps the first one until Close, so that a header can be corrected when the size is known.
type chunkWriter struct {
	ctx   context.Context // an io.Writer has no other way to get it
	store *Postgres
	id    string
	width int

	first, chunk []byte
	number       int
	size         int64
	hashes       []byte // of the chunks from the second on
	hash         []byte
}

// Write implements io.Writer.
func (w *chunkWriter) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if w.chunk == nil {
			w.chunk = make([]byte, 0, ChunkBytes)
		}
		n := min(len(p)-written, ChunkBytes-len(w.chunk))
		w.chunk = append(w.chunk, p[written:written+n]...)
		written += n
		w.size += int64(n)
		if len(w.chunk) == ChunkBytes {
			if err := w.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// WriteAt implements io.WriterAt, for the first patchableBytes.
func (w *chunkWriter) WriteAt(p []byte, offset int64) (int, error) {
	first := w.first
	if first == nil {
		first = w.chunk
	}
	if end := offset + int64(len(p)); end > patchableBytes || end > int64(len(first)) {
		return 0, errors.New("overwrite an upload: only its beginning can be")
	}
	return copy(first[offset:], p), nil
}

// flush writes a chunk that is full, or the last one.
func (w *chunkWriter) flush() error {
	if w.first == nil {
		w.first, w.chunk, w.number = w.chunk, nil, 1
		return nil
	}
	if err := w.insert(w.number, w.chunk); err != nil {
		return err
	}
	sum := sha256.Sum256(w.chunk)
	w.hashes = append(w.hashes, sum[:]...)
	w.number++
	w.chunk = w.chunk[:0]
	return nil
}

// Close writes the last chunk and the first one.
func (w *chunkWriter) Close() error {
	if len(w.chunk) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if err := w.insert(0, w.first); err != nil {
		return err
	}
	sum := sha256.Sum256(w.first)
	sum = sha256.Sum256(append(sum[:], w.hashes...))
	w.hash = sum[:]
	w.first, w.chunk = nil, nil
	return nil
}

// Size implements Writer.
func (w *chunkWriter) Size() int64 { return w.size }

// Hash implements Writer. It is the SHA-256 hash of those of the chunks: the first chunk changes last.
func (w *chunkWriter) Hash() []byte { return w.hash }

func (w *chunkWriter) insert(number int, chunk []byte) error {
	if err := w.ctx.Err(); err != nil {
		return fmt.Errorf("write an upload: %w", err)
	}
	ctx, cancel := context.WithTimeout(w.ctx, chunkTimeout)
	defer cancel()
	err := w.store.execute(ctx, func(conn *pgconn.PgConn) error {
		_, err := conn.ExecParams(ctx, `INSERT INTO `+w.store.chunks+` (media_id, variant, number, data) VALUES ($1, $2, $3, $4)
			ON CONFLICT (media_id, variant, number) DO UPDATE SET data = EXCLUDED.data`,
			append(key(w.id, w.width, int64(number)), chunk), nil, []int16{pgx.TextFormatCode, pgx.TextFormatCode, pgx.TextFormatCode, pgx.BinaryFormatCode}, nil).Close()
		return err
	})
	switch {
	case postgres.Code(err) == codeForeignKeyViolation: // it was removed meanwhile
		return fmt.Errorf("write chunk %d of upload %s: %w", number, w.id, ErrNotFound)
	case err != nil:
		return fmt.Errorf("write chunk %d of upload %s: %w", number, w.id, err)
	}
	return nil
}

// chunkReader reads chunks. It keeps one, and holds no connection between two.
type chunkReader struct {
	ctx   context.Context // an io.Reader has no other way to get it
	store *Postgres
	id    string
	width int

	size, offset int64
	chunk        []byte
	number       int64 // of chunk. Negative: none was read
}

// Read implements io.Reader.
func (r *chunkReader) Read(p []byte) (int, error) {
	if r.offset >= r.size {
		return 0, io.EOF
	}
	if number := r.offset / ChunkBytes; number != r.number {
		if err := r.fetch(number); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.chunk[r.offset%ChunkBytes:])
	r.offset += int64(n)
	return n, nil
}

// Seek implements io.Seeker.
func (r *chunkReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek in an upload: negative position")
	}
	r.offset = offset
	return offset, nil
}

// fetch reads a chunk into the memory of the one before. The statement does not end with the request, which would close a
// connection whenever a client disconnects.
func (r *chunkReader) fetch(number int64) error {
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("read an upload: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), chunkTimeout)
	defer cancel()
	r.number = -1
	found := false
	err := r.store.execute(ctx, func(conn *pgconn.PgConn) error {
		result := conn.ExecParams(ctx, `SELECT data FROM `+r.store.chunks+` WHERE media_id = $1 AND variant = $2 AND number = $3`,
			key(r.id, r.width, number), nil, nil, []int16{pgx.BinaryFormatCode})
		if found = result.NextRow(); found {
			r.chunk = append(r.chunk[:0], result.Values()[0]...)
		}
		_, err := result.Close()
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("read chunk %d of upload %s: %w", number, r.id, err)
	case !found || int64(len(r.chunk)) != min(ChunkBytes, r.size-number*ChunkBytes):
		return fmt.Errorf("read chunk %d of upload %s: %w", number, r.id, ErrNotFound)
	}
	r.number = number
	return nil
}

// key returns the parameters that identify a chunk, as text.
func key(id string, width int, number int64) [][]byte {
	return [][]byte{[]byte(id), strconv.AppendInt(nil, int64(width), 10), strconv.AppendInt(nil, number, 10)}
}

// execute runs a statement with the protocol's own functions: as postgres.NewPool configures pgx, it sends and receives bytea
// as text, which takes twice the bytes, and several copies of them. The statement takes one round trip, and is not prepared.
func (p *Postgres) execute(ctx context.Context, f func(*pgconn.PgConn) error) error {
	return p.use(ctx, func(conn *pgx.Conn) error { return f(conn.PgConn()) })
}

// codeForeignKeyViolation is returned when a chunk is written for a file that was removed (PostgreSQL manual, appendix A).
const codeForeignKeyViolation = "23503"
