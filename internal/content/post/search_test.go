package post_test

import (
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/search"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for i, document := range []post.Document{
		{Title: "First frost", Content: "The garden."}, {Title: "Garden", Content: "After the first frost came the snow. Frostbite."},
		{Title: "Long", Content: "frost " + strings.Repeat("other words ", 500) + "first"}, {Title: "Other", Content: "Frosty Äpfel and it's so."},
		{Title: "京都", Content: "東京タワーとtower。"}, {Title: "Tower", Content: "京都の塔。"}, {Title: "About frost", Content: "First page.", Page: true},
	} {
		document.Date = now.Add(-time.Duration(i) * time.Hour)
		save(t, pool, store, document, now)
	}
	for _, document := range hiddenPosts("Frost") {
		document.Content = "The first frost of 京都."
		if document.Page {
			continue // which readers see
		}
		save(t, pool, store, document, now)
	}
	remove(t, pool, store, "secret-trash")
	for query, want := range map[string]string{
		"first frost":  "first-frost garden about-frost long",
		"FROST garden": "first-frost garden",
		"fros":         "first-frost about-frost garden other long",
		"äpf":          "other",
		"it's":         "other",
		"rost":         "",
		"京都":           "京都 tower",
		"タワ":           "京都",
		"京都 tower":     "tower", // the other one is a part of a word
		"京都 frost":     "",
		"secret":       "",
		"' | frost":    "first-frost about-frost garden other long",
		"none":         "",
		"":             "",
	} {
		found, err := store.Search(t.Context(), pool, now, search.Parse(query), 10)
		if got := strings.Join(slugs(found, func(f post.Found) string { return f.Slug }), " "); err != nil || got != want {
			t.Errorf("%q finds %q, %v; want %q", query, got, err, want)
		}
	}
	if found, err := store.Search(t.Context(), pool, now, search.Parse("frost"), 2); err != nil || len(found) != 2 || !strings.Contains(found[0].HTML, "<p>") {
		t.Errorf("the two best: %+v, %v", found, err)
	}
	later, err := store.Search(t.Context(), pool, now.Add(time.Hour), search.Parse("secret"), 10)
	if got := strings.Join(slugs(later, func(f post.Found) string { return f.Slug }), " "); err != nil || got != "secret-scheduled" {
		t.Errorf("later, %q is found, %v", got, err)
	}
}
