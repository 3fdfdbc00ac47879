package post_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// hiddenPosts are posts that no list for readers has, with a tag and a date in the year 2026.
func hiddenPosts(tag string) []post.Document {
	at := now.AddDate(-1, 0, 0)
	return []post.Document{
		{Title: "Secret draft", Tags: []string{tag}, Draft: true, Date: at}, {Title: "Secret unlisted", Tags: []string{tag}, Unlisted: true, Date: at},
		{Title: "Secret scheduled", Tags: []string{tag}, Date: now.Add(time.Hour)}, {Title: "Secret page", Tags: []string{tag}, Page: true, Date: at},
		{Title: "Secret trash", Tags: []string{tag}, Date: at},
	}
}

func TestTaggedPosts(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for i, tags := range [][]string{
		{"Letters"}, {"letters", "Öl & Ärger"}, {"LETTERS", `it's \ "so"`}, {"ÖL & ÄRGER"}, {"letters 2"}, {"a|b & !c", "İstanbul"}, {"/x/", "ΣΟΦΟΣ"}, {},
	} {
		save(t, pool, store, post.Document{Title: "Post " + string(rune('a'+i)), Tags: tags, Date: now.Add(-time.Duration(i) * time.Hour), Pinned: i == 2}, now)
	}
	for _, document := range hiddenPosts("Letters") {
		save(t, pool, store, document, now)
	}
	remove(t, pool, store, "secret-trash")
	for tag, want := range map[string]struct{ slugs, spelled string }{
		"letters":         {"post-a post-b post-c", "Letters"},
		"LeTTers":         {"post-a post-b post-c", "Letters"},
		"öl & ärger":      {"post-b post-d", "Öl & Ärger"},
		`it's \ "so"`:     {"post-c", `it's \ "so"`},
		"letters 2":       {"post-e", "letters 2"},
		"a|b & !c":        {"post-f", "a|b & !c"},
		"istanbul":        {"post-f", "İstanbul"},
		"/x/":             {"post-g", "/x/"},
		"letter":          {"", "letter"},
		"b":               {"", "b"},
		"'letters' | 'b'": {"", "'letters' | 'b'"},
	} {
		entries, spelled, err := store.ListTagged(t.Context(), pool, now, tag, 10, 0)
		if err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		got := strings.Join(slugs(entries, func(e post.Entry) string { return e.Slug }), " ")
		if got != want.slugs || spelled != want.spelled {
			t.Errorf("%s: %q, spelled %q; want %+v", tag, got, spelled, want)
		}
		latest, err := store.LatestTagged(t.Context(), pool, now, tag, 10, 1<<20)
		if got := strings.Join(slugs(latest, func(p post.Post) string { return p.Slug }), " "); err != nil || got != want.slugs {
			t.Errorf("the feed of %s: %q, %v", tag, got, err)
		}
	}
	second, _, err := store.ListTagged(t.Context(), pool, now, "letters", 1, 1)
	if err != nil || len(second) != 1 || second[0].Slug != "post-b" {
		t.Errorf("the second post: %+v, %v", second, err)
	}
	tags, err := store.ListPublishedTags(t.Context(), pool, now, 3)
	if diff := cmp.Diff([]post.TagCount{{Tag: "/x/", Posts: 1}, {Tag: "LETTERS", Posts: 3}, {Tag: "ÖL & ÄRGER", Posts: 2}}, tags); err != nil || diff != "" {
		t.Errorf("%v, tags (-want +got):\n%s", err, diff)
	}
}

func TestArchivedPosts(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	zone := time.FixedZone("", 3600)
	for title, date := range map[string]string{
		"Eve": "2024-12-31T22:59:59Z", "New year": "2024-12-31T23:00:00Z", "Summer": "2025-07-01T00:00:00Z", "Old": "1969-07-20T20:17:40Z",
	} {
		at, err := time.Parse(time.RFC3339, date)
		if err != nil {
			t.Fatal(err)
		}
		save(t, pool, store, post.Document{Title: title, Date: at}, now)
	}
	for _, document := range hiddenPosts("Letters") {
		save(t, pool, store, document, now)
	}
	remove(t, pool, store, "secret-trash")
	years, err := store.ListYears(t.Context(), pool, now, zone)
	if diff := cmp.Diff([]post.YearCount{{2025, 2}, {2024, 1}, {1969, 1}}, years); err != nil || diff != "" {
		t.Errorf("%v, years (-want +got):\n%s", err, diff)
	}
	entries, err := store.ListBetween(t.Context(), pool, now, time.Date(2025, 1, 1, 0, 0, 0, 0, zone), time.Date(2026, 1, 1, 0, 0, 0, 0, zone), 10, 0)
	if got := strings.Join(slugs(entries, func(e post.Entry) string { return e.Slug }), " "); err != nil || got != "summer new-year" {
		t.Errorf("2025 has %q, %v", got, err)
	}
	entries, err = store.ListBetween(t.Context(), pool, now, time.Time{}, now.AddDate(10, 0, 0), 10, 2)
	if got := strings.Join(slugs(entries, func(e post.Entry) string { return e.Slug }), " "); err != nil || got != "eve old" {
		t.Errorf("the third and the fourth post are %q, %v", got, err)
	}
}
