package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// statementTimeout bounds a statement or a transaction of the store, apart from chunks.
const statementTimeout = 10 * time.Second

// uprightDraft is the width under which a picture that was turned is written, until Complete makes it the content.
const uprightDraft = -1

// Postgres is a Store in the tables media and media_chunks of a tenant's schema. Every statement names the schema.
type Postgres struct {
	use    Use
	schema string
	// media and chunks are the quoted names of the tables.
	media, chunks string
}

var _ Store = (*Postgres)(nil)

// Use calls work with a connection, for one statement or one transaction. It may wait for others: a download that is sent for
// minutes holds a connection only while it reads a chunk.
type Use func(ctx context.Context, work Work) error

// Work uses a connection.
type Work = func(*pgx.Conn) error

// UsePool returns a Use of the connections of a pool, without an order among those who wait.
func UsePool(pool *postgres.Pool) Use {
	return func(ctx context.Context, work Work) error {
		return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return work(conn.Conn()) })
	}
}

// NewPostgres returns a Store for the uploads in a schema. It is cheap enough to be called for every request.
func NewPostgres(use Use, schema string) *Postgres {
	return &Postgres{use: use, schema: schema, media: pgx.Identifier{schema, "media"}.Sanitize(), chunks: pgx.Identifier{schema, "media_chunks"}.Sanitize()}
}

// Begin implements Store.
func (p *Postgres) Begin(ctx context.Context, draft Draft, limits Limits) error {
	return p.transaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := p.lock(ctx, tx); err != nil {
			return err
		}
		if _, err := p.sweep(ctx, tx, draft.Now); err != nil {
			return err
		}
		usage, err := p.usage(ctx, tx, draft.ID)
		if err != nil {
			return err
		}
		left, err := limits.left(ctx, tx, usage.Bytes)
		if err != nil {
			return err
		}
		reserved := draft.Size
		if reserved < 0 {
			reserved = min(limits.maxFileBytes(), left)
		}
		if reserved > left || left == 0 {
			return &QuotaError{Name: draft.Name, Size: draft.Size, Max: *limits.MaxStorageBytes, Left: left}
		}
		_, err = tx.Exec(ctx, `INSERT INTO `+p.media+` (id, name, type, size, width, height, alt, created_at, variants, hash)
			VALUES ($1, $2, '', $3, 0, 0, $4, $5, '[]', '') ON CONFLICT (id) DO NOTHING`, draft.ID, draft.Name, reserved, draft.Alt, draft.Now)
		return err
	})
}

// Write implements Store.
func (p *Postgres) Write(ctx context.Context, id string, width int) Writer {
	return &chunkWriter{ctx: ctx, store: p, id: id, width: width}
}

// Draft implements Store.
func (p *Postgres) Draft(ctx context.Context, id string, size int64) io.ReadSeeker {
	return p.reader(ctx, id, Original, size)
}

func (p *Postgres) reader(ctx context.Context, id string, width int, size int64) *chunkReader {
	return &chunkReader{ctx: ctx, store: p, id: id, width: width, size: size, number: -1}
}

// Complete implements Store.
func (p *Postgres) Complete(ctx context.Context, file File, upright bool, limits Limits, now time.Time) (completed File, err error) {
	err = p.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		completed = file
		if err := p.lock(ctx, tx); err != nil {
			return err
		}
		same, err := selectFiles(ctx, tx, p.media, `WHERE hash = $1 AND completed_at IS NOT NULL ORDER BY created_at, id LIMIT 1`, file.Hash)
		switch {
		case err != nil:
			return err
		case len(same) > 0 && same[0].ID == file.ID: // this is a retry
			completed = same[0]
			return nil
		case len(same) > 0:
			completed = same[0]
			_, err = tx.Exec(ctx, `DELETE FROM `+p.media+` WHERE id = $1`, file.ID)
			return err
		}
		usage, err := p.usage(ctx, tx, file.ID)
		if err != nil {
			return err
		}
		left, err := limits.left(ctx, tx, usage.Bytes)
		switch {
		case err != nil:
			return err
		case file.StoredBytes() > left:
			return &QuotaError{Name: file.Name, Size: file.StoredBytes(), Max: *limits.MaxStorageBytes, Left: left}
		}
		return p.complete(ctx, tx, file, upright, now)
	})
	if err != nil {
		return File{}, fmt.Errorf("complete upload %s: %w", file.ID, err)
	}
	return completed, nil
}

// complete writes the row, and removes chunks that are no part of the file.
func (p *Postgres) complete(ctx context.Context, tx pgx.Tx, file File, upright bool, now time.Time) error {
	variants, err := json.Marshal(append([]Variant{}, file.Variants...))
	if err != nil {
		return fmt.Errorf("encode the variants: %w", err)
	}
	tag, err := tx.Exec(ctx, `UPDATE `+p.media+` SET name = $2, type = $3, size = $4, width = $5, height = $6, variants = $7::jsonb, hash = $8, completed_at = $9
		WHERE id = $1 AND completed_at IS NULL`,
		file.ID, file.Name, file.Type, file.Size, file.Width, file.Height, string(variants), file.Hash, now)
	switch {
	case err != nil:
		return err
	case tag.RowsAffected() == 0:
		return ErrNotFound
	}
	content := Original
	if upright {
		content = uprightDraft
	}
	kept := []int32{int32(content)}
	for _, variant := range file.Variants {
		kept = append(kept, int32(variant.Width))
	}
	if _, err := tx.Exec(ctx, `DELETE FROM `+p.chunks+` WHERE media_id = $1 AND variant <> ALL ($2)`, file.ID, kept); err != nil {
		return err
	}
	if upright {
		_, err = tx.Exec(ctx, `UPDATE `+p.chunks+` SET variant = $3 WHERE media_id = $1 AND variant = $2`, file.ID, uprightDraft, Original)
	}
	return err
}

// Abort implements Store.
func (p *Postgres) Abort(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	err := p.use(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `DELETE FROM `+p.media+` WHERE id = $1 AND completed_at IS NULL`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("abort upload %s: %w", id, err)
	}
	return nil
}

// Open implements Store.
func (p *Postgres) Open(ctx context.Context, id string, width int) (Content, error) {
	files, err := p.Find(ctx, []string{id})
	if err != nil {
		return Content{}, err
	}
	if len(files) == 0 {
		return Content{}, ErrNotFound
	}
	contentType, size, ok := files[0].variant(width)
	if !ok {
		return Content{}, ErrNotFound
	}
	return Content{File: files[0], Type: contentType, Size: size, Width: width, ReadSeeker: p.reader(ctx, id, width, size)}, nil
}

// Find implements Store.
func (p *Postgres) Find(ctx context.Context, ids []string) ([]File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statementTimeout)
	defer cancel()
	var files []File
	err := p.use(ctx, func(conn *pgx.Conn) (err error) {
		files, err = find(ctx, conn, p.media, ids)
		return err
	})
	return files, err
}

// List implements Store.
func (p *Postgres) List(ctx context.Context, limit, offset int) ([]File, error) {
	files, err := p.query(ctx, `WHERE completed_at IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2`, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	return files, nil
}

// ListAfter implements Store.
func (p *Postgres) ListAfter(ctx context.Context, afterID string, limit int) ([]File, error) {
	files, err := p.query(ctx, `WHERE id > $1 AND completed_at IS NOT NULL ORDER BY id LIMIT $2`, afterID, limit)
	if err != nil {
		return nil, fmt.Errorf("list uploads after %q: %w", afterID, err)
	}
	return files, nil
}

// query runs a statement outside of a transaction. It does not end with the request, which would close a connection whenever
// a client disconnects.
func (p *Postgres) query(ctx context.Context, clauses string, args ...any) (files []File, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statementTimeout)
	defer cancel()
	err = p.use(ctx, func(conn *pgx.Conn) (err error) {
		files, err = selectFiles(ctx, conn, p.media, clauses, args...)
		return err
	})
	return files, err
}

// SetAlt implements Store.
func (p *Postgres) SetAlt(ctx context.Context, id, alt string) error {
	alt, err := cleanAlt(alt)
	if err != nil {
		return err
	}
	err = p.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE `+p.media+` SET alt = $2 WHERE id = $1 AND completed_at IS NOT NULL`, id, alt)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("describe upload %s: %w", id, err)
	}
	return err
}

// Delete implements Store. The chunks are deleted by the foreign key.
func (p *Postgres) Delete(ctx context.Context, id string) error {
	err := p.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM `+p.media+` WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete upload %s: %w", id, err)
	}
	return nil
}

// Usage implements Store.
func (p *Postgres) Usage(ctx context.Context) (Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var usage Usage
	err := p.use(ctx, func(conn *pgx.Conn) (err error) {
		usage, err = p.usage(ctx, conn, "")
		return err
	})
	if err != nil {
		return Usage{}, fmt.Errorf("measure uploads: %w", err)
	}
	return usage, nil
}

// usage measures all files but one.
func (p *Postgres) usage(ctx context.Context, db postgres.Querier, exceptID string) (u Usage, err error) {
	err = db.QueryRow(ctx, `SELECT count(*), coalesce(sum(size + coalesce((SELECT sum((variant->>'size')::bigint) FROM jsonb_array_elements(variants) variant), 0)), 0)::bigint
		FROM `+p.media+` WHERE id <> $1`, exceptID).Scan(&u.Files, &u.Bytes)
	return u, err
}

// Sweep implements Store.
func (p *Postgres) Sweep(ctx context.Context, now time.Time) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	removed := 0
	err := p.use(ctx, func(conn *pgx.Conn) (err error) {
		removed, err = p.sweep(ctx, conn, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove uploads that a crash left: %w", err)
	}
	return removed, nil
}

func (p *Postgres) sweep(ctx context.Context, db postgres.Querier, now time.Time) (int, error) {
	tag, err := db.Exec(ctx, `DELETE FROM `+p.media+` WHERE id IN
		(SELECT id FROM `+p.media+` WHERE completed_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2)`, now.Add(-StaleAfter), SweepBatch)
	return int(tag.RowsAffected()), err
}

// lock keeps other uploads from beginning or completing until the transaction ends, and posts from being saved in a blog with limits:
// two could both find room for one file, or store the same file twice.
func (p *Postgres) lock(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `LOCK TABLE `+p.media+` IN SHARE ROW EXCLUSIVE MODE`)
	return err
}

// transaction runs f in a transaction, as twice does.
func (p *Postgres) transaction(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	return p.twice(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return f(ctx, tx) })
	})
}

// change does what transaction does, and gives the content of the tenant a new version.
func (p *Postgres) change(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	return p.twice(ctx, func(conn *pgx.Conn) error {
		return contentversion.Change(ctx, conn, p.schema, func(tx pgx.Tx) error { return f(ctx, tx) })
	})
}

// twice runs a transaction, and once more if the server rolled it back because of another one.
func (p *Postgres) twice(ctx context.Context, transact Work) error {
	err := p.use(ctx, transact)
	if postgres.Busy(err) && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = p.use(ctx, transact)
	}
	return err
}
