package post

import (
	"fmt"
	"strings"
	"time"
)

// row is what a save writes of a post: its columns with their values, those first whose changes readers see.
type row struct {
	columns []column
	visible int
}

type column struct {
	name  string
	value any
}

// row returns what is written. stored is the post that is updated; nil: there is none.
func (p *Prepared) row(stored *Source) row {
	r, html := &p.request, &p.rendered
	d := &r.Document
	published, unlisted, kept := r.dates(stored)
	visible := []column{
		{"slug", d.Slug}, {"title", d.Title}, {"author", d.Author}, {"content", d.Content}, {"html", html.HTML}, {"summary", html.Summary},
		{"html_link", html.Link}, {"cover", d.Cover}, {"cover_alt", d.CoverAlt},
		{"published_at", published}, {"unlisted_at", unlisted}, {"draft_date", kept},
	}
	other := []column{
		{"old_slugs", orEmpty(d.OldSlugs)}, {"tags", orEmpty(d.Tags)}, {"excerpt", d.Excerpt}, {"description", d.Description},
		{"canonical_url", d.CanonicalURL}, {"language", d.Language}, {"link", d.Link},
		{"html_language", html.Language}, {"html_direction", html.Direction},
		{"draft_unlisted", d.Draft && d.Unlisted}, {"page_position", d.position()}, {"pinned_at", r.pinnedAt(stored)},
	}
	return row{append(visible, other...), len(visible)}
}

// orEmpty returns an empty list instead of nil, which would be NULL.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// position returns the place of a page in the navigation. nil: it is a post.
func (d *Document) position() *int {
	if !d.Page {
		return nil
	}
	return &d.Position
}

// pinnedAt returns since when the post is pinned. nil: it is not.
func (r *SaveRequest) pinnedAt(stored *Source) *time.Time {
	switch {
	case !r.Document.Pinned:
		return nil
	case stored != nil && stored.Pinned:
		return &stored.pinnedAt
	}
	return &r.Now
}

// dates returns when readers see the document, listed or not, and the date that it keeps as a draft; nil: they do not, and it
// has none. stored is the post that is updated; nil: there is none.
func (r *SaveRequest) dates(stored *Source) (published, unlisted, kept *time.Time) {
	date := r.Document.Date
	if stored != nil && r.keepsDate(stored) {
		date = stored.Date
	}
	switch {
	case r.Document.Draft && date.IsZero():
		return nil, nil, nil
	case r.Document.Draft:
		return nil, nil, &date
	case date.IsZero():
		date = r.Now
	}
	if r.Document.Unlisted {
		return nil, &date, nil
	}
	return &date, nil, nil
}

func (r row) values() []any {
	values := make([]any, len(r.columns), len(r.columns)+3) // the other parameters of update
	for i, c := range r.columns {
		values[i] = c.value
	}
	return values
}

// insert returns the statement that adds the row, and returns its ID, or no row if another one has the slug. After values, its
// parameters are when it was created, and whether the editor saved it.
func (r row) insert(table string) string {
	n := len(r.columns)
	return fmt.Sprintf(`INSERT INTO %[1]s (%[2]s, created_at, updated_at, autosaved_at)
		VALUES (%[3]s, $%[4]d, $%[4]d, CASE WHEN $%[5]d THEN $%[4]d::timestamptz END)
		ON CONFLICT (slug) DO NOTHING RETURNING id`, table, r.names(n), parameters(n), n+1, n+2)
}

// update returns the statement that changes the row if it differs, and drops its pending changes. After values, its parameters
// are the new version, whether the editor saved it, and the ID.
func (r row) update(table string) string {
	n := len(r.columns)
	var set strings.Builder
	for i, c := range r.columns {
		fmt.Fprintf(&set, "%s = $%d, ", c.name, i+1)
	}
	return fmt.Sprintf(`UPDATE %[1]s SET %[2]s pending = NULL, edited_at = $%[3]d, autosaved_at = CASE WHEN $%[4]d THEN $%[3]d::timestamptz END,
			updated_at = CASE WHEN (%[6]s) IS DISTINCT FROM (%[7]s) THEN $%[3]d ELSE updated_at END
		WHERE id = $%[5]d AND (%[8]s, pending) IS DISTINCT FROM (%[9]s, NULL)`,
		table, set.String(), n+1, n+2, n+3, r.names(r.visible), parameters(r.visible), r.names(n), parameters(n))
}

// names returns the names of the first columns.
func (r row) names(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = r.columns[i].name
	}
	return strings.Join(names, ", ")
}

// parameters returns the first parameters.
func parameters(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(list, ", ")
}
