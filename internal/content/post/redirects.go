package post

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// claimSlugs completes the former slugs of the document, and checks that no other post has had its slug or has one of them.
// A former slug belongs to its post permanently, so that links do not lead to another text: a new post with such a slug gets a number,
// or ErrSlugRedirects, unless its author takes the slug.
func (s Store) claimSlugs(ctx context.Context, tx pgx.Tx, r *SaveRequest, stored *Source) error {
	given, document := r.Document.OldSlugs, &r.Document
	var before Document
	id := int64(0)
	if stored != nil {
		before, id = stored.Document, stored.ID
		document.OldSlugs = slices.Concat(before.OldSlugs, given)
		if readersKnow := !before.Date.IsZero() && !before.Date.After(r.Now); readersKnow {
			document.OldSlugs = append(document.OldSlugs, before.Slug)
		}
	}
	document.OldSlugs = normalizeOldSlugs(document.OldSlugs, document.Slug)
	if err := document.checkOldSlugs(); err != nil {
		return err
	}
	isNew := func(slug string) bool { return slug != before.Slug && !slices.Contains(before.OldSlugs, slug) }
	if !isNew(document.Slug) && !slices.ContainsFunc(given, isNew) {
		return nil
	}
	claimed := append(slices.Clone(given), document.Slug)
	rows, err := tx.Query(ctx, `SELECT slug, old_slugs FROM `+s.table+`
		WHERE id <> $1 AND NOT (`+inTrash+`) AND (old_slugs && $2 OR slug = ANY ($3))`, id, claimed, orEmpty(given))
	if err != nil {
		return err
	}
	others, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Slug     string
		OldSlugs []string
	}])
	if err != nil {
		return err
	}
	redirects := false
	for _, other := range others {
		for _, slug := range given {
			if slug == other.Slug || slices.Contains(other.OldSlugs, slug) {
				return invalid("old_slugs", "The former address %q is one of another post.", slug)
			}
		}
		redirects = redirects || slices.Contains(other.OldSlugs, document.Slug)
	}
	switch {
	case redirects && !r.TakeRedirect:
		return ErrSlugRedirects
	case redirects && !r.Unpublished:
		return s.releaseSlug(ctx, tx, document.Slug, r)
	}
	return nil
}

// releaseSlug takes a former slug from all posts.
func (s Store) releaseSlug(ctx context.Context, tx pgx.Tx, slug string, r *SaveRequest) error {
	_, err := tx.Exec(ctx, `UPDATE `+s.table+` SET old_slugs = array_remove(old_slugs, $1),
			edited_at = greatest($2, `+versionAt+` + interval '1 microsecond')
		WHERE old_slugs @> ARRAY[$1]`, slug, r.Now)
	return err
}
