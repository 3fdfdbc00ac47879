package post

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// TagKey returns what all spellings of a tag have in common, as their address has it.
func TagKey(tag string) string { return norm.NFC.String(strings.ToLower(tag)) }

// IsTag reports whether a post can have the tag.
func IsTag(tag string) bool {
	return utf8.ValidString(tag) && utf8.RuneCountInString(tag) <= MaxTagLength && slices.Equal(normalizeTags([]string{tag}), []string{tag}) && !strings.Contains(tag, "\x00")
}

// hasTag is the condition that a post has the tag of the text search query $2: the expression of an index.
const hasTag = `lower(array_to_tsvector(tags)::text)::tsvector @@ lower($2)::tsquery`

// tagQuery returns the query of hasTag. With the locale C, the database knows the lower case of ASCII alone, so it looks for other
// spellings as well.
func tagQuery(tag string) string {
	key := TagKey(tag)
	first, size := utf8.DecodeRuneInString(key)
	spellings := []string{key, strings.ToUpper(key), string(unicode.ToUpper(first)) + key[size:]}
	for i, spelling := range spellings {
		spellings[i] = "'" + tagEscapes.Replace(norm.NFC.String(spelling)) + "'"
	}
	return strings.Join(spellings, " | ")
}

var tagEscapes = strings.NewReplacer(`'`, `''`, `\`, `\\`)

// ListTagged returns the posts with a tag that readers see at the time now, the newest first: at most limit, after skipping offset. It
// also returns the tag as the first of them has it.
func (s Store) ListTagged(ctx context.Context, db postgres.Querier, now time.Time, tag string, limit, offset int) (entries []Entry, spelled string, err error) {
	rows, err := db.Query(ctx, `SELECT `+entryColumns+`, published_at, '', '' FROM `+s.table+`
		WHERE published_at <= $1 AND page_position IS NULL AND `+hasTag+` ORDER BY published_at DESC, id DESC LIMIT $3 OFFSET $4`,
		binary, now, tagQuery(tag), limit, offset)
	entries, err = collectEntries(rows, err)
	if err != nil {
		return nil, "", fmt.Errorf("tag %s: %w", tag, err)
	}
	spelled = tag
	for i := range entries {
		entries[i].Pinned = false // to the list of all posts
	}
	if len(entries) > 0 {
		tags := entries[0].Tags
		if i := slices.IndexFunc(tags, func(t string) bool { return TagKey(t) == TagKey(tag) }); i >= 0 {
			spelled = tags[i]
		}
	}
	return entries, spelled, nil
}

// LatestTagged does what Latest does, for the posts with a tag.
func (s Store) LatestTagged(ctx context.Context, db postgres.Querier, now time.Time, tag string, limit, maxHTML int) ([]Post, error) {
	return s.latest(ctx, db, ` AND `+hasTag, now, tagQuery(tag), limit, maxHTML)
}

// maxCounted is of how many of the newest posts tags and years are counted.
const maxCounted = 20_000

// ListPublishedTags returns the tags of the posts that readers see at the time now, by name: the most frequent, at most limit.
func (s Store) ListPublishedTags(ctx context.Context, db postgres.Querier, now time.Time, limit int) ([]TagCount, error) {
	rows, err := db.Query(ctx, `SELECT mode() WITHIN GROUP (ORDER BY tag), count(*) FROM (SELECT tags FROM `+s.table+`
			WHERE published_at <= $1 AND page_position IS NULL ORDER BY published_at DESC, id DESC LIMIT $2) newest, unnest(tags) tag
		GROUP BY lower(tag) ORDER BY count(*) DESC, lower(tag) LIMIT $3`, binary, now, maxCounted, limit)
	tags, err := collectTags(rows, err)
	slices.SortStableFunc(tags, func(a, b TagCount) int { return strings.Compare(TagKey(a.Tag), TagKey(b.Tag)) })
	return tags, err
}
