package post

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Share names what a share link shows: a post as it was last written, whether readers see that or not.
type Share struct {
	// ID is that of the post. Its row is found by it, so that tokens need no index.
	ID int64
	// Token is the secret.
	Token string
}

// String returns the share as a part of an address, such as 7-MFRGGZDFMZTWQ2LKNNWG23TPOB.
func (s Share) String() string { return strconv.FormatInt(s.ID, 10) + "-" + s.Token }

// ParseShare reads what String returned.
func ParseShare(text string) (share Share, ok bool) {
	id, token, _ := strings.Cut(text, "-")
	if len(token) != tokenLength || strings.Trim(token, base32) != "" {
		return Share{}, false
	}
	share.ID, _ = strconv.ParseInt(id, 10, 64)
	share.Token = token
	return share, share.ID > 0 && share.String() == text
}

const (
	// base32 are the characters of tokens, and tokenLength is how many they have (package crypto/rand, Text).
	base32      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	tokenLength = 26
)

// StartSharing returns the link to what readers do not see yet of a post, which is the same until it is revoked. It returns
// ErrNotFound if the post does not exist.
func (s Store) StartSharing(ctx context.Context, db postgres.Querier, id int64) (Share, error) {
	share := Share{ID: id}
	err := db.QueryRow(ctx, `UPDATE `+s.table+` SET share_token = coalesce(share_token, $1) WHERE id = $2 AND NOT (`+inTrash+`)
		RETURNING share_token`, rand.Text(), id).Scan(&share.Token)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Share{}, ErrNotFound
	case err != nil:
		return Share{}, fmt.Errorf("share post %d: %w", id, err)
	}
	return share, nil
}

// StopSharing revokes the link to a post. It returns no error if there is none.
func (s Store) StopSharing(ctx context.Context, db postgres.Querier, id int64) error {
	if _, err := db.Exec(ctx, `UPDATE `+s.table+` SET share_token = NULL WHERE id = $1`, id); err != nil {
		return fmt.Errorf("stop sharing post %d: %w", id, err)
	}
	return nil
}

// Shared returns the post that a link shows, with its pending changes, or ErrNotFound. It leaves the HTML out if that is larger
// than maxHTML bytes. Its slug is the one where readers see it, or will.
func (s Store) Shared(ctx context.Context, db postgres.Querier, share Share, maxHTML int) (Post, error) {
	const html = `coalesce(pending -> 'rendered' ->> 'html', html)`
	rows, err := db.Query(ctx, `SELECT slug, title, author, summary, html_link, html_language, html_direction, false, tags, cover, cover_alt, octet_length(content),
			coalesce(published_at, unlisted_at, draft_date, updated_at), id, CASE WHEN octet_length(`+html+`) <= $3 THEN `+html+` ELSE '' END,
			octet_length(`+html+`), excerpt, description, canonical_url, true, page_position IS NOT NULL, created_at, `+versionAt+`,
			pending #- '{rendered,html}' #- '{document,content}'
		FROM `+s.table+` WHERE id = $1 AND share_token = $2 AND NOT (`+inTrash+`)`, binary, share.ID, share.Token, maxHTML)
	if err != nil {
		return Post{}, fmt.Errorf("read shared post %d: %w", share.ID, err)
	}
	post, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Post, error) {
		var (
			p       Post
			pending *pendingChanges
		)
		err := row.Scan(append(p.destinations(), &pending)...)
		if pending != nil {
			p.show(pending)
		}
		return p, err
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Post{}, ErrNotFound
	case err != nil:
		return Post{}, fmt.Errorf("read shared post %d: %w", share.ID, err)
	}
	return post, nil
}

// show puts pending changes in place of what readers see, apart from the HTML.
func (p *Post) show(pending *pendingChanges) {
	d, html := &pending.Document, &pending.Rendered
	p.Slug, p.Title, p.Author, p.Tags, p.Excerpt, p.Description = d.Slug, d.Title, d.Author, d.Tags, d.Excerpt, d.Description
	p.CanonicalURL, p.Cover, p.CoverAlt, p.Page = d.CanonicalURL, d.Cover, d.CoverAlt, d.Page
	p.Summary, p.Link, p.Language, p.Direction = html.Summary, html.Link, html.Language, html.Direction
}
