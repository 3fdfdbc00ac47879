package post_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// formerBlog has the statements of the blog as it was before migration 0002, word for word (commit 5b58e73). It runs
// while tenants are migrated, and after a rollback.
type formerBlog struct{ db *pgxpool.Pool }

const (
	formerFirstPost = `INSERT INTO public.first_posts (tenant_id, at)
	SELECT id, $2::timestamptz FROM public.tenants WHERE schema_name = $1 AND state = 'live' ON CONFLICT DO NOTHING`
	formerLock  = `LOCK TABLE "alice"."posts" IN SHARE ROW EXCLUSIVE MODE`
	formerUsage = `SELECT count(*), coalesce(sum(octet_length(content) + octet_length(html)), 0)::bigint FROM "alice"."posts"
		WHERE id <> $1 AND slug <> $2`
	formerSources = `SELECT id, slug, title, author, content, published_at IS NULL, coalesce(published_at, draft_date), updated_at FROM "alice"."posts" `
	formerInsert  = `INSERT INTO "alice"."posts" (slug, title, author, content, html, summary, created_at, updated_at, published_at, draft_date)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9) ON CONFLICT (slug) DO NOTHING`
	formerUpdate = `UPDATE "alice"."posts" SET slug = $1, title = $2, author = $3, content = $4, html = $5, summary = $6,
			published_at = $7, draft_date = $8, updated_at = $9
		WHERE id = $10 AND (slug, title, author, content, html, summary, published_at, draft_date) IS DISTINCT FROM ($1, $2, $3, $4, $5, $6, $7, $8)`
	formerDelete = `DELETE FROM "alice"."posts" WHERE id = $1 AND updated_at = $2`
	formerPosts  = `SELECT id, slug, title, author, summary, CASE WHEN %s THEN html ELSE '' END, octet_length(html),
	created_at, updated_at, published_at FROM `
)

// formerReads are its statements that read, with their arguments. Each of them finds something in a blog with posts.
func formerReads(slug string, id int64, now time.Time) map[string][]any {
	const maxHTML = 1 << 20
	return map[string][]any{
		`SELECT slug, title, author, summary, published_at FROM "alice"."posts"
		WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2 OFFSET $3`: {now, 10, 0},
		fmt.Sprintf(formerPosts, `octet_length(html) <= $3`) + `"alice"."posts" WHERE slug = $1 AND published_at <= $2`: {slug, now, maxHTML},
		fmt.Sprintf(formerPosts, `sum(octet_length(html)) OVER (ORDER BY published_at DESC, id DESC) <= $3`) + `(
			SELECT * FROM "alice"."posts" WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2) latest
		ORDER BY published_at DESC, id DESC`: {now, 20, maxHTML},
		`SELECT slug, title, published_at, updated_at FROM "alice"."posts"
		ORDER BY coalesce(published_at, updated_at) DESC, id DESC LIMIT $1 OFFSET $2`: {50, 0},
		formerSources + `WHERE slug = $1`: {slug},
		formerSources + `WHERE id = $1`:   {id},
		formerSources + `JOIN (
			SELECT id AS batch_id, sum(octet_length(content)) OVER (ORDER BY id) AS size, row_number() OVER (ORDER BY id) AS number
			FROM "alice"."posts" WHERE id > $1 ORDER BY id LIMIT $2) batch ON batch_id = id
		WHERE number = 1 OR size <= $3 ORDER BY id`: {0, 10, 1 << 20},
		`SELECT html FROM "alice"."posts" WHERE id = $1`: {id},
	}
}

// read runs all statements that read.
func (b formerBlog) read(ctx context.Context, slug string, id int64, now time.Time) error {
	for statement, arguments := range formerReads(slug, id, now) {
		rows, err := b.db.Query(ctx, statement, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, arguments...)...)
		if err == nil {
			rows.Close()
			err = rows.Err()
		}
		if err == nil && rows.CommandTag().RowsAffected() == 0 {
			err = errors.New("it finds nothing")
		}
		if err != nil {
			return fmt.Errorf("%.70s: %w", statement, err)
		}
	}
	return nil
}

// save adds or updates a post in one transaction.
func (b formerBlog) save(ctx context.Context, slug, content string, limited bool, now time.Time) error {
	err := pgx.BeginFunc(ctx, b.db, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(formerFirstPost, "alice", now)
		if limited {
			batch.Queue(formerLock)
			batch.Queue(formerUsage, 0, slug)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		var id int64
		err := tx.QueryRow(ctx, `SELECT id FROM (`+formerSources+`WHERE id = $1 OR slug = $2 FOR UPDATE) found`, 0, slug).Scan(&id)
		post := []any{slug, "Title of " + slug, "Alice", content, "<p>" + content + "</p>", content}
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			tag, err := tx.Exec(ctx, formerInsert, append(post, now, now, nil)...)
			if err == nil && tag.RowsAffected() != 1 {
				err = errors.New("it inserts nothing")
			}
			return err
		case err != nil:
			return err
		}
		tag, err := tx.Exec(ctx, formerUpdate, append(post, now, nil, now, id)...)
		if err == nil && tag.RowsAffected() != 1 {
			err = errors.New("it updates nothing")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", slug, err)
	}
	return nil
}

// remove deletes a post.
func (b formerBlog) remove(ctx context.Context, slug string) error {
	var id int64
	var updatedAt time.Time
	err := b.db.QueryRow(ctx, `SELECT id, updated_at FROM (`+formerSources+`WHERE slug = $1) found`, slug).Scan(&id, &updatedAt)
	if err != nil {
		return fmt.Errorf("find %s: %w", slug, err)
	}
	tag, err := b.db.Exec(ctx, formerDelete, id, updatedAt)
	if err == nil && tag.RowsAffected() != 1 {
		err = errors.New("it deletes nothing")
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", slug, err)
	}
	return nil
}
